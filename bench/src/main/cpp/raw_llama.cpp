// llama.cpp through its C API in a plain loop, without Embark. Texts in input order,
// one thread, batches filled up to a number of tokens, pooled vectors at length 1.
//
//   raw_llama LIBRARIES MODEL.gguf             serves the bench; see dev.embark.bench.side
//   raw_llama LIBRARIES FROM.gguf TO.gguf      writes the model with its weights in BF16
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "ggml-backend.h"
#include "llama.h"

namespace {

constexpr int MAX_SEQUENCES = 256; // LLAMA_MAX_SEQ
constexpr int LONGEST_TEXT = 512;  // tokens; one of more than a batch goes alone

struct Work {
    std::vector<std::string> texts;
    int batch_tokens;
};

class Model {
  public:
    explicit Model(const std::string & path) {
        llama_model_params params = llama_model_default_params();
        params.split_mode = LLAMA_SPLIT_MODE_NONE;
        params.main_gpu = -1;
        params.n_gpu_layers = 0;
        model = llama_model_load_from_file(path.c_str(), params);
        if (model == nullptr) {
            throw std::runtime_error(path + " cannot be loaded");
        }
        vocab = llama_model_get_vocab(model);
        dimensions = llama_model_n_embd(model);
    }

    ~Model() {
        if (context != nullptr) {
            llama_free(context);
            llama_batch_free(batch);
        }
        llama_model_free(model);
    }

    Model(const Model &) = delete;
    Model & operator=(const Model &) = delete;

    int width() const { return dimensions; }

    // Embeds all texts into vectors[texts * width]; returns the tokens.
    int64_t embed(const Work & work, std::vector<float> & vectors) {
        open(work.batch_tokens);
        vectors.resize(work.texts.size() * (size_t) dimensions);
        int64_t total = 0;
        size_t first = 0; // the text that is sequence 0 of the batch
        int sequences = 0;
        batch.n_tokens = 0;
        for (size_t i = 0; i < work.texts.size(); i++) {
            int n = tokenize(work.texts[i]);
            if (sequences > 0 && (batch.n_tokens + n > work.batch_tokens || sequences == MAX_SEQUENCES)) {
                decode(&vectors[first * dimensions], sequences);
                first = i;
                sequences = 0;
            }
            for (int position = 0; position < n; position++) {
                int at = batch.n_tokens++;
                batch.token[at] = tokens[position];
                batch.pos[at] = position;
                batch.n_seq_id[at] = 1;
                batch.seq_id[at][0] = sequences;
                batch.logits[at] = 1;
            }
            sequences++;
            total += n;
        }
        if (sequences > 0) {
            decode(&vectors[first * dimensions], sequences);
        }
        return total;
    }

  private:
    // Makes the context, unless there is one of this size.
    void open(int batch_tokens) {
        int wanted = std::max(batch_tokens, LONGEST_TEXT);
        if (context != nullptr && wanted == capacity) {
            return;
        }
        if (context != nullptr) {
            llama_free(context);
            llama_batch_free(batch);
        }
        capacity = wanted;
        llama_context_params params = llama_context_default_params();
        params.n_ctx = params.n_batch = params.n_ubatch = (uint32_t) capacity;
        params.n_seq_max = (uint32_t) std::min(MAX_SEQUENCES, capacity);
        params.n_threads = params.n_threads_batch = 1;
        params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_ENABLED;
        params.embeddings = true;
        params.kv_unified = true;
        params.no_perf = true;
        context = llama_init_from_model(model, params);
        if (context == nullptr) {
            throw std::runtime_error("no context of " + std::to_string(capacity) + " tokens");
        }
        batch = llama_batch_init(capacity, 0, 1);
    }

    int tokenize(const std::string & text) {
        int n = call_tokenizer(text);
        if (n < 0) {
            tokens.resize((size_t) -n);
            n = call_tokenizer(text);
        }
        int limit = std::min(capacity, llama_model_n_ctx_train(model));
        if (n > limit) {
            throw std::runtime_error(
                "a text has " + std::to_string(n) + " tokens; the most is " + std::to_string(limit));
        }
        return n;
    }

    int call_tokenizer(const std::string & text) {
        return llama_tokenize(vocab, text.data(), (int) text.size(), tokens.data(),
                              (int) tokens.size(), true, false);
    }

    void decode(float * out, int sequences) {
        if (llama_decode(context, batch) != 0) {
            throw std::runtime_error("llama_decode failed");
        }
        for (int s = 0; s < sequences; s++, out += dimensions) {
            const float * pooled = llama_get_embeddings_seq(context, s);
            double squares = 0;
            for (int d = 0; d < dimensions; d++) {
                squares += (double) pooled[d] * pooled[d];
            }
            float scale = (float) (1 / std::sqrt(squares));
            for (int d = 0; d < dimensions; d++) {
                out[d] = pooled[d] * scale;
            }
        }
        batch.n_tokens = 0;
    }

    llama_model * model = nullptr;
    const llama_vocab * vocab = nullptr;
    llama_context * context = nullptr;
    llama_batch batch = {};
    int dimensions = 0;
    int capacity = 0;
    std::vector<llama_token> tokens = std::vector<llama_token>(512);
};

std::vector<std::string> read_lines(const std::string & path, size_t count) {
    std::ifstream in(path);
    std::vector<std::string> lines;
    std::string line;
    while (lines.size() < count && std::getline(in, line)) {
        lines.push_back(line);
    }
    if (lines.size() < count) {
        throw std::runtime_error(path + " has fewer lines than " + std::to_string(count));
    }
    return lines;
}

void write_vectors(const std::string & path, int32_t width, const std::vector<float> & vectors) {
    std::ofstream out(path, std::ios::binary);
    int32_t shape[] = {(int32_t) (vectors.size() / (size_t) width), width};
    out.write((const char *) shape, sizeof(shape));
    out.write((const char *) vectors.data(), (std::streamsize) (vectors.size() * sizeof(float)));
    out.close();
    if (!out) {
        throw std::runtime_error(path + " cannot be written");
    }
}

void reply(const std::string & words) {
    std::cout << "@side\t" << words << std::endl;
}

int64_t execute(const std::vector<std::string> & words, Model & model, std::map<std::string, Work> & works) {
    std::vector<float> vectors;
    const std::string & command = words.at(0);
    if (command == "prepare") {
        works[words.at(1)] = {read_lines(words.at(2), std::stoul(words.at(3))), std::stoi(words.at(4))};
        return 0;
    }
    if (command == "run") {
        return model.embed(works.at(words.at(1)), vectors);
    }
    if (command == "vectors") {
        model.embed(works.at(words.at(1)), vectors);
        write_vectors(words.at(2), model.width(), vectors);
        return 0;
    }
    throw std::runtime_error("there is no command " + command);
}

void serve(const std::string & path) {
    Model model(path);
    std::map<std::string, Work> works;
    reply("ready");
    for (std::string line; std::getline(std::cin, line) && line != "quit";) {
        std::vector<std::string> words;
        std::istringstream fields(line);
        for (std::string word; std::getline(fields, word, '\t');) {
            words.push_back(word);
        }
        try {
            reply("done\t" + std::to_string(execute(words, model, works)));
        } catch (const std::exception & e) {
            reply(std::string("failed\t") + e.what());
        }
    }
}

int convert(const char * from, const char * to) {
    llama_model_quantize_params params = llama_model_quantize_default_params();
    params.ftype = LLAMA_FTYPE_MOSTLY_BF16;
    return llama_model_quantize(from, to, &params) == 0 ? 0 : 1;
}

} // namespace

int main(int argc, char ** argv) {
    if (argc < 3) {
        std::cerr << "raw_llama LIBRARIES MODEL.gguf [TO.gguf]\n";
        return 2;
    }
    setenv("GGML_NO_BACKTRACE", "1", 0);
    ggml_backend_load_all_from_path(argv[1]);
    llama_backend_init();
    if (argc > 3) {
        return convert(argv[2], argv[3]);
    }
    try {
        serve(argv[2]);
    } catch (const std::exception & e) {
        reply(std::string("failed\t") + e.what());
        return 1;
    }
    return 0;
}
