/*
 * The part of llama.cpp's C API that Embark needs, as one small header.
 *
 * JavaCPP reads the declarations and turns them into dev.embark.llama.Llama; the definitions below
 * them are compiled into the JNI library. Struct layouts and llama.cpp's own names end here, so a
 * new llama.cpp version changes this file and nothing in Java.
 *
 * Handles are opaque (void *). Nothing here is checked twice: what llama.cpp would abort on is
 * refused in Java (dev.embark.engine) before the call. No function takes or returns ownership but
 * the *_new / *_load and *_free pairs. Strings are UTF-8.
 */
#ifndef EMBARK_LLAMA_H
#define EMBARK_LLAMA_H

#include <stdbool.h>
#include <stdint.h>

/* ---- process ------------------------------------------------------------------------------- */

/* Version of the loaded libllama, e.g. "0.5.0"; "" if the library is too old to report one. No other
 * function may be called until this one has returned the expected version: calling a function that the
 * loaded library lacks would abort the process. */
static const char * embark_llama_version(void);
/* Loads every ggml backend found in dir, initialises llama.cpp and redirects its log. Call once. */
static void embark_llama_start(const char * dir);
/* Error lines that llama.cpp logged on this thread since embark_llama_clear_log(); never NULL. */
static const char * embark_llama_log(void);
static void embark_llama_clear_log(void);
static int embark_llama_device_count(void);
static const char * embark_llama_device_name(int device);
static const char * embark_llama_device_description(int device);
static bool embark_llama_device_is_gpu(int device);
/* Bus address such as 0000:01:00.0; "" if the backend does not report one. */
static const char * embark_llama_device_id(int device);
/* Free device memory in bytes. */
static int64_t embark_llama_device_free(int device);
/* True if a backend of this name, such as "CUDA", is loaded; it may still have no device. */
static bool embark_llama_has_backend(const char * name);

/* ---- accelerator: encoders computed by a ggml backend of Embark's own ------------------------- */

/* Loads the backend; call after embark_llama_start(). False if it has no kernels for this machine. */
static bool embark_accelerator_load(const char * library);
/* Instruction set used at a precision ("exact", "fast" or "int8"); "" before the backend is loaded. */
static const char * embark_accelerator_kernels(const char * precision);
/* Time of a product at precision "fast" as a multiple of that at "exact", measured in some two milliseconds; 0
 * before the backend is loaded. */
static double embark_accelerator_time_ratio(void);
/* From now on "fast" computes as "exact". Call before a model is loaded. */
static void embark_accelerator_use_exact(void);
/* Batches since process start whose encoder was computed as a whole instead of node by node; 0 without the
 * accelerator. */
static int64_t embark_accelerator_encoders(void);

/* ---- model: shared by any number of contexts and threads ----------------------------------- */

/* Maps the file; with an accelerator but without a file of packed weights, reads it into memory.
 * device: index below embark_llama_device_count(), or -1 for the CPU alone.
 * gpu_layers: number of layers on the device, -1 for all.
 * keep_accents: the tokenizer does not strip accents, whatever the file specifies.
 * precision: "exact", "fast" or "int8" assigns the weights of the encoder to the accelerator, "" does not.
 * packed: file of this model's weights as packed by this accelerator at this precision; mapped if it exists,
 * otherwise written if possible; "" for none.
 * keep_layout: ggml does not repack weights on the CPU. Repacked weights have kernels of their own for four or
 * more rows, which round otherwise than those for one row.
 * NULL on failure, with the reason in embark_llama_log(). */
static void * embark_model_load(
    const char * path, int device, int gpu_layers, bool keep_accents, const char * precision, const char * packed,
    bool keep_layout);
static void embark_model_free(void * model);
static int embark_model_n_embd(void * model);
static int embark_model_n_ctx_train(void * model);
static int embark_model_n_vocab(void * model);
/* Floats that the head of a reranker gives for a sequence; 1 for a model without labels. */
static int embark_model_n_scores(void * model);
/* True if some or all layers carry state from token to token (Mamba and similar). */
static bool embark_model_is_recurrent(void * model);
/* True if contexts of the model have a memory, as those of decoders do. Creates a small context to find out. */
static bool embark_model_keeps(void * model);
/* Copies the value of a metadata key; returns its length in bytes, or -1 if the key is absent. */
static int embark_model_meta(void * model, const char * key, char * value, int capacity);

/* Writes token ids to the int tokens[offset ... offset + capacity); returns their number, or -n when n >
 * capacity. tokens is void * because JavaCPP generates no overload that combines a Java array with a
 * pointer. */
static int embark_tokenize(void * model, const int8_t * text, int length, void * tokens, int64_t offset,
                           int capacity, bool add_special, bool parse_special);
/* True for [CLS], [SEP], </s> and similar tokens. */
static bool embark_token_is_control(void * model, int token);
/* 1 for tokens that are matched before all others, 2 if they also absorb adjacent white space, 0 for all
 * other tokens. */
static int embark_token_is_user_defined(void * model, int token);
/* Spelling in the vocabulary; valid as long as the model. */
static const char * embark_token_text(void * model, int token);
/* Copies the text of a token, which is empty for control tokens; returns its length in bytes, or -n when n >
 * capacity. */
static int embark_token_piece(void * model, int token, int8_t * piece, int capacity);
/* True for a token that ends an answer. */
static bool embark_token_is_end(void * model, int token);
/* The token that opens every text, or -1. */
static int embark_model_opening_token(void * model);

/* Renders a chat: a system message unless it is empty, a user message, and the start of the answer.
 * chat_template: name of a llama.cpp template; "" for the model's own. Returns the length in bytes, which
 * may exceed capacity; -1 if llama.cpp does not know the template, -2 if the model has none. */
static int embark_chat_prompt(void * model, const char * chat_template, const char * system_text,
                              const char * user_text, int8_t * prompt, int capacity);

/* Grows a buffer of token ids, or allocates one for NULL; the caller frees it. NULL when out of memory; the
 * old buffer then remains valid. */
static int * embark_tokens_resize(int * tokens, int64_t capacity);
static void embark_tokens_free(int * tokens);
/* Index of the first of tokens[offset ... offset + n) that is not in the vocabulary, or -1. */
static int embark_tokens_unknown(const int * tokens, int64_t offset, int n, int n_vocab);

/* ---- context: one thread at a time ---------------------------------------------------------- */

/* capacity: tokens per call; n_ctx, n_batch and n_ubatch. pooling: a llama_pooling_type, -1 for that of the
 * file. flash_attention: on a CPU it accumulates in F16. NULL on failure. */
static void * embark_context_new(
    void * model, int capacity, int n_seq_max, int pooling, int n_threads, bool flash_attention);
static void embark_context_free(void * context);
static int embark_context_pooling(void * context);
/* While set, the running and all later decodes return 2 within one graph node. Thread-safe. */
static void embark_context_cancel(void * context, bool cancel);
/* Clears the memory of earlier batches, then calls llama_decode: 0 done, 1 no room, 2 cancelled, < 0 failed. */
static int embark_context_decode(void * context, void * batch);
/* Copies the pooled vector of a sequence of the last batch into out[0 ... n_embd); with rank pooling the
 * outputs of the head into out[0 ... embark_model_n_scores). */
static bool embark_context_embedding(void * context, int seq_id, float * out);

/* ---- generation: a context with a memory of its sequences ------------------------------------- */

/* Every sequence has its own stream of cells, so that an answer does not depend on where the tokens of other
 * sequences are stored. cells: tokens per stream, a multiple of 256; keys and values are in F32 if f32,
 * otherwise in F16. batch_tokens: tokens per call, at least n_seq_max. flash_attention: as above. accelerated: the
 * accelerator computes products with quantised weights in CPU memory, with llama.cpp's results. NULL on failure.
 * Freeing, cancelling and error reporting work as for embark_context_new(). */
static void * embark_generation_new(void * model, int cells, int batch_tokens, int n_seq_max, int n_threads,
                                    bool f32, bool flash_attention, bool accelerated);
/* True if the context has a memory, which the functions below require. */
static bool embark_generation_keeps(void * context);
/* llama_decode of a batch that continues its sequences; return codes as embark_context_decode(). */
static int embark_generation_decode(void * context, void * batch);
/* Removes one sequence, or all of them including the remains of a failed call. */
static void embark_generation_forget(void * context, int seq_id);
static void embark_generation_forget_all(void * context);
/* Replaces a sequence by a copy of another one. Always copies the whole sequence: llama.cpp aborts the
 * process on a partial copy between streams. The next decode performs the copy before its tokens. */
static void embark_generation_copy(void * context, int from_seq_id, int to_seq_id);

/* Natural logarithms of the probabilities of n tokens behind that at an index of the last batch. False if the
 * model's output there is not finite. */
static bool embark_generation_log_probabilities(void * context, int index, const int * tokens, int n, double * out);

/* Sampler of one sequence: the likeliest token when temperature is 0, otherwise a random draw from the
 * tokens that top_k, top_p and min_p leave. grammar: GBNF with a rule root, "" for none. NULL if it cannot
 * be parsed. */
static void * embark_sampler_new(void * model, float temperature, int top_k, float top_p, float min_p,
                                 int seed, const char * grammar);
static void embark_sampler_free(void * sampler);
/* Samples the token after that at an index of the last batch and updates the sampler. -1 if the model's
 * output there is not finite, -2 if no token satisfies the grammar. */
static int embark_sampler_sample(void * sampler, void * context, int index);

/* ---- batch ---------------------------------------------------------------------------------- */

/* Holds capacity tokens, each in one or more sequences. NULL when out of memory. */
static void * embark_batch_new(int capacity);
static void embark_batch_free(void * batch);
static void embark_batch_clear(void * batch);
/* Appends one token; the caller has checked capacity. False when out of memory, which is possible only when
 * there are more ids than tokens; the batch is then unchanged. */
static bool embark_batch_add(void * batch, int token, int pos, const int * seq_ids, int n_seq_ids, bool output);
/* Appends tokens[offset ... offset + n) as one sequence at positions 0 ... n - 1, all of them outputs; false
 * as for embark_batch_add(). */
static bool embark_batch_add_sequence(void * batch, const int * tokens, int64_t offset, int n, int seq_id);

#ifdef EMBARK_LLAMA_IMPLEMENTATION

#include "ggml-backend.h"
#include "llama.h"

#include <dlfcn.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EMBARK_LOG_CAPACITY 2048

static thread_local char embark_log_text[EMBARK_LOG_CAPACITY];

static void embark_on_log(enum ggml_log_level level, const char * text, void * user_data) {
    (void) user_data;
    if (getenv("EMBARK_LLAMA_LOG") != NULL) {
        fputs(text, stderr);
    }
    if (level != GGML_LOG_LEVEL_ERROR) {
        return;
    }
    size_t used = strlen(embark_log_text);
    strncat(embark_log_text, text, EMBARK_LOG_CAPACITY - 1 - used);
}

static const char * embark_llama_version(void) {
    const char * (*version)(void) = (const char * (*)(void)) dlsym(RTLD_DEFAULT, "llama_version");
    return version == NULL ? "" : version();
}

static void embark_llama_start(const char * dir) {
    /* Without this, an abort in ggml forks a debugger before it ends the process. */
    setenv("GGML_NO_BACKTRACE", "1", 0);
    /* Without this, CUDA numbers the fastest device first, whereas Spark's addresses follow nvidia-smi. */
    setenv("CUDA_DEVICE_ORDER", "PCI_BUS_ID", 0);
    llama_log_set(embark_on_log, NULL);
    /* Another class loader may have loaded the backends; loading twice would list every device twice. */
    if (ggml_backend_reg_count() == 0) {
        ggml_backend_load_all_from_path(dir);
    }
    llama_backend_init();
}

static const char * embark_llama_log(void) {
    return embark_log_text;
}

static void embark_llama_clear_log(void) {
    embark_log_text[0] = '\0';
}

static int embark_llama_device_count(void) {
    return (int) ggml_backend_dev_count();
}

static const char * embark_llama_device_name(int device) {
    return ggml_backend_dev_name(ggml_backend_dev_get(device));
}

static const char * embark_llama_device_description(int device) {
    return ggml_backend_dev_description(ggml_backend_dev_get(device));
}

static bool embark_llama_device_is_gpu(int device) {
    enum ggml_backend_dev_type type = ggml_backend_dev_type(ggml_backend_dev_get(device));
    return type == GGML_BACKEND_DEVICE_TYPE_GPU || type == GGML_BACKEND_DEVICE_TYPE_IGPU;
}

static const char * embark_llama_device_id(int device) {
    struct ggml_backend_dev_props props;
    memset(&props, 0, sizeof(props));
    ggml_backend_dev_get_props(ggml_backend_dev_get(device), &props);
    return props.device_id == NULL ? "" : props.device_id;
}

static int64_t embark_llama_device_free(int device) {
    size_t free_bytes = 0;
    size_t total_bytes = 0;
    ggml_backend_dev_memory(ggml_backend_dev_get(device), &free_bytes, &total_bytes);
    return (int64_t) free_bytes;
}

static bool embark_llama_has_backend(const char * name) {
    return ggml_backend_reg_by_name(name) != NULL;
}

static void * embark_accelerator_function(const char * name) {
    ggml_backend_reg_t accelerator = ggml_backend_reg_by_name("Embark");
    return accelerator == NULL ? NULL : ggml_backend_reg_get_proc_address(accelerator, name);
}

static bool embark_accelerator_load(const char * library) {
    /* Another class loader may have loaded it. */
    if (ggml_backend_reg_by_name("Embark") != NULL) {
        return true;
    }
    bool loaded = ggml_backend_load(library) != NULL;
    /* A machine without a supported instruction set is not an error. */
    embark_llama_clear_log();
    return loaded;
}

static const char * embark_accelerator_kernels(const char * precision) {
    const char * (*kernels)(const char *) =
        (const char * (*)(const char *)) embark_accelerator_function("embark_accelerator_kernels");
    return kernels == NULL ? "" : kernels(precision);
}

static double embark_accelerator_time_ratio(void) {
    double (*ratio)(void) = (double (*)(void)) embark_accelerator_function("embark_accelerator_time_ratio");
    return ratio == NULL ? 0 : ratio();
}

static void embark_accelerator_use_exact(void) {
    void (*function)(void) = (void (*)(void)) embark_accelerator_function("embark_accelerator_use_exact");
    if (function != NULL) {
        function();
    }
}

static int64_t embark_accelerator_encoders(void) {
    int64_t (*count)(void) = (int64_t (*)(void)) embark_accelerator_function("embark_accelerator_encoders");
    return count == NULL ? 0 : count();
}

static void embark_accelerator_call(const char * name, const char * file) {
    void (*function)(const char *) = (void (*)(const char *)) embark_accelerator_function(name);
    if (function != NULL) {
        function(file);
    }
}

static void * embark_model_load(
    const char * path, int device, int gpu_layers, bool keep_accents, const char * precision, const char * packed,
    bool keep_layout) {
    struct llama_model_params params = llama_model_default_params();
    /* An empty key terminates the list. */
    struct llama_model_kv_override overrides[2];
    memset(overrides, 0, sizeof(overrides));
    if (keep_accents) {
        strcpy(overrides[0].key, "tokenizer.ggml.normalizer.strip_accents");
        overrides[0].tag = LLAMA_KV_OVERRIDE_TYPE_BOOL;
        overrides[0].val_bool = false;
        params.kv_overrides = overrides;
    }
    /* The weights of all products in the encoder; an empty pattern terminates the list. */
    struct llama_model_tensor_buft_override weights[2];
    memset(weights, 0, sizeof(weights));
    ggml_backend_buffer_type_t (*weights_for)(const char *) =
        (ggml_backend_buffer_type_t (*)(const char *)) embark_accelerator_function("embark_accelerator_weights");
    if (precision[0] != '\0' && weights_for != NULL) {
        weights[0].pattern = "blk\\.[0-9]+\\.(attn_(q|k|v|qkv|output)|ffn_(up|gate|down))\\.weight";
        weights[0].buft = weights_for(precision);
        params.tensor_buft_overrides = weights;
        if (packed[0] == '\0') {
            /* If the file were mapped, its pages would stay resident in addition to the packed weights. */
            params.load_mode = LLAMA_LOAD_MODE_NONE;
        }
    }
    params.use_extra_bufts = !keep_layout;
    ggml_backend_dev_t devices[2] = { NULL, NULL };
    params.split_mode = LLAMA_SPLIT_MODE_NONE;
    if (device < 0) {
        params.main_gpu = -1;
        params.n_gpu_layers = 0;
    } else {
        devices[0] = ggml_backend_dev_get(device);
        params.devices = devices;
        params.main_gpu = 0;
        params.n_gpu_layers = gpu_layers;
    }
    embark_accelerator_call("embark_accelerator_use_weights", packed);
    struct llama_model * model = llama_model_load_from_file(path, params);
    if (packed[0] != '\0' && model != NULL) {
        embark_accelerator_call("embark_accelerator_write_weights", packed);
        /* llama.cpp touches every page of a file that it maps. */
        embark_accelerator_call("embark_accelerator_forget_pages", path);
    }
    embark_accelerator_call("embark_accelerator_use_weights", "");
    return model;
}

static void embark_model_free(void * model) {
    llama_model_free((struct llama_model *) model);
}

static int embark_model_n_embd(void * model) {
    return llama_model_n_embd_out((const struct llama_model *) model);
}

static int embark_model_n_ctx_train(void * model) {
    return llama_model_n_ctx_train((const struct llama_model *) model);
}

static int embark_model_n_scores(void * model) {
    return (int) llama_model_n_cls_out((const struct llama_model *) model);
}

static int embark_model_n_vocab(void * model) {
    return llama_vocab_n_tokens(llama_model_get_vocab((const struct llama_model *) model));
}

static bool embark_model_is_recurrent(void * model) {
    return llama_model_is_recurrent((const struct llama_model *) model)
        || llama_model_is_hybrid((const struct llama_model *) model);
}

static int embark_model_meta(void * model, const char * key, char * value, int capacity) {
    return llama_model_meta_val_str((const struct llama_model *) model, key, value, (size_t) capacity);
}

static int embark_tokenize(void * model, const int8_t * text, int length, void * tokens, int64_t offset,
                           int capacity, bool add_special, bool parse_special) {
    const struct llama_vocab * vocab = llama_model_get_vocab((const struct llama_model *) model);
    return llama_tokenize(vocab, (const char *) text, length, (int *) tokens + offset, capacity, add_special, parse_special);
}

static bool embark_token_is_control(void * model, int token) {
    return llama_vocab_is_control(llama_model_get_vocab((const struct llama_model *) model), token);
}

static int embark_token_is_user_defined(void * model, int token) {
    int attr = (int) llama_vocab_get_attr(llama_model_get_vocab((const struct llama_model *) model), token);
    if ((attr & LLAMA_TOKEN_ATTR_USER_DEFINED) == 0) {
        return 0;
    }
    return (attr & (LLAMA_TOKEN_ATTR_LSTRIP | LLAMA_TOKEN_ATTR_RSTRIP)) != 0 ? 2 : 1;
}

static const char * embark_token_text(void * model, int token) {
    return llama_vocab_get_text(llama_model_get_vocab((const struct llama_model *) model), token);
}

static int embark_token_piece(void * model, int token, int8_t * piece, int capacity) {
    const struct llama_vocab * vocab = llama_model_get_vocab((const struct llama_model *) model);
    return llama_token_to_piece(vocab, token, (char *) piece, capacity, 0, false);
}

static bool embark_token_is_end(void * model, int token) {
    return llama_vocab_is_eog(llama_model_get_vocab((const struct llama_model *) model), token);
}

static int embark_model_opening_token(void * model) {
    const struct llama_vocab * vocab = llama_model_get_vocab((const struct llama_model *) model);
    return llama_vocab_get_add_bos(vocab) ? llama_vocab_bos(vocab) : -1;
}

static int embark_chat_prompt(void * model, const char * chat_template, const char * system_text,
                              const char * user_text, int8_t * prompt, int capacity) {
    const char * known = chat_template;
    if (known[0] == '\0') {
        known = llama_model_chat_template((const struct llama_model *) model, NULL);
        if (known == NULL) {
            return -2;
        }
    }
    struct llama_chat_message messages[2] = { { "system", system_text }, { "user", user_text } };
    int without = system_text[0] == '\0' ? 1 : 0;
    return llama_chat_apply_template(known, messages + without, 2 - without, true, (char *) prompt, capacity);
}

static int * embark_tokens_resize(int * tokens, int64_t capacity) {
    return (int *) realloc(tokens, sizeof(int) * (size_t) capacity);
}

static void embark_tokens_free(int * tokens) {
    free(tokens);
}

static int embark_tokens_unknown(const int * tokens, int64_t offset, int n, int n_vocab) {
    for (int i = 0; i < n; i++) {
        if (tokens[offset + i] < 0 || tokens[offset + i] >= n_vocab) {
            return i;
        }
    }
    return -1;
}

struct embark_context {
    struct llama_context * llama;
    int n_embd;
    bool uses_products; /* of the accelerator */
    llama_token_data * candidates; /* n_vocab elements; generation only */
    int n_vocab;
    volatile bool cancel;
};

/* The accelerator computes the products of this context in graphs that this thread builds from now on, or not. */
static void embark_use_products(const struct embark_context * context) {
    void (*use)(bool) = (void (*)(bool)) embark_accelerator_function("embark_accelerator_use_products");
    if (use != NULL) {
        use(context->uses_products);
    }
}

static bool embark_is_cancelled(void * data) {
    return ((struct embark_context *) data)->cancel;
}

/* Parameters common to both kinds of contexts. */
static struct llama_context_params embark_context_params(
    struct embark_context * context, int n_ctx, int batch_tokens, int n_seq_max, int n_threads) {
    struct llama_context_params params = llama_context_default_params();
    params.n_ctx = (uint32_t) n_ctx;
    params.n_batch = (uint32_t) batch_tokens;
    params.n_ubatch = (uint32_t) batch_tokens;
    params.n_seq_max = (uint32_t) n_seq_max;
    params.n_threads = n_threads;
    params.n_threads_batch = n_threads;
    params.no_perf = true;
    params.abort_callback = embark_is_cancelled;
    params.abort_callback_data = context;
    return params;
}

static bool embark_model_keeps(void * model) {
    struct llama_context_params params = llama_context_default_params();
    params.n_ctx = 32;
    params.n_batch = 32;
    params.n_ubatch = 32;
    params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED;
    params.no_perf = true;
    struct llama_context * context = llama_init_from_model((struct llama_model *) model, params);
    bool keeps = context != NULL && llama_get_memory(context) != NULL;
    llama_free(context);
    return keeps;
}

static void * embark_context_new(
    void * model, int capacity, int n_seq_max, int pooling, int n_threads, bool flash_attention) {
    struct embark_context * context = (struct embark_context *) calloc(1, sizeof(struct embark_context));
    if (context == NULL) {
        return NULL;
    }
    embark_use_products(context);
    struct llama_context_params params = embark_context_params(context, capacity, capacity, n_seq_max, n_threads);
    params.pooling_type = (enum llama_pooling_type) pooling;
    /* Not AUTO: the accelerator matches this form of the graph, whatever the device. */
    params.flash_attn_type = flash_attention ? LLAMA_FLASH_ATTN_TYPE_ENABLED : LLAMA_FLASH_ATTN_TYPE_DISABLED;
    /* One pool of cells: with one stream per sequence, llama.cpp would split a batch of unequal lengths and
     * pool the parts of a text separately. */
    params.kv_unified = true;
    params.embeddings = true;
    context->n_embd =
        params.pooling_type == LLAMA_POOLING_TYPE_RANK ? embark_model_n_scores(model) : embark_model_n_embd(model);
    context->llama = llama_init_from_model((struct llama_model *) model, params);
    if (context->llama == NULL) {
        free(context);
        return NULL;
    }
    return context;
}

static void embark_context_free(void * context) {
    struct embark_context * ctx = (struct embark_context *) context;
    llama_free(ctx->llama);
    free(ctx->candidates);
    free(ctx);
}

static int embark_context_pooling(void * context) {
    return (int) llama_pooling_type(((struct embark_context *) context)->llama);
}

static void embark_context_cancel(void * context, bool cancel) {
    ((struct embark_context *) context)->cancel = cancel;
}

static bool embark_context_embedding(void * context, int seq_id, float * out) {
    struct embark_context * ctx = (struct embark_context *) context;
    const float * vector = llama_get_embeddings_seq(ctx->llama, seq_id);
    if (vector == NULL) {
        return false;
    }
    memcpy(out, vector, sizeof(float) * (size_t) ctx->n_embd);
    return true;
}

static void * embark_generation_new(void * model, int cells, int batch_tokens, int n_seq_max, int n_threads,
                                    bool f32, bool flash_attention, bool accelerated) {
    struct embark_context * context = (struct embark_context *) calloc(1, sizeof(struct embark_context));
    if (context == NULL) {
        return NULL;
    }
    struct llama_context_params params =
        embark_context_params(context, cells * n_seq_max, batch_tokens, n_seq_max, n_threads);
    params.kv_unified = false;
    params.flash_attn_type = flash_attention ? LLAMA_FLASH_ATTN_TYPE_AUTO : LLAMA_FLASH_ATTN_TYPE_DISABLED;
    if (f32) {
        params.type_k = GGML_TYPE_F32;
        params.type_v = GGML_TYPE_F32;
    }
    context->n_vocab = embark_model_n_vocab(model);
    context->candidates = (llama_token_data *) calloc((size_t) context->n_vocab, sizeof(llama_token_data));
    context->uses_products = accelerated;
    embark_use_products(context);
    if (context->candidates != NULL) {
        context->llama = llama_init_from_model((struct llama_model *) model, params);
    }
    if (context->llama == NULL) {
        free(context->candidates);
        free(context);
        return NULL;
    }
    return context;
}

static bool embark_generation_keeps(void * context) {
    return llama_get_memory(((struct embark_context *) context)->llama) != NULL;
}

static void embark_generation_forget(void * context, int seq_id) {
    llama_memory_seq_rm(llama_get_memory(((struct embark_context *) context)->llama), seq_id, -1, -1);
}

static void embark_generation_forget_all(void * context) {
    /* Including the data: NaN in a free cell can still reach other sequences through a masked product. */
    llama_memory_clear(llama_get_memory(((struct embark_context *) context)->llama), true);
}

static void embark_generation_copy(void * context, int from_seq_id, int to_seq_id) {
    llama_memory_t memory = llama_get_memory(((struct embark_context *) context)->llama);
    llama_memory_seq_cp(memory, from_seq_id, to_seq_id, -1, -1);
}

static bool embark_generation_log_probabilities(void * context, int index, const int * tokens, int n, double * out) {
    struct embark_context * ctx = (struct embark_context *) context;
    const float * logits = llama_get_logits_ith(ctx->llama, index);
    float largest = -INFINITY;
    for (int token = 0; logits != NULL && token < ctx->n_vocab; token++) {
        /* Minus infinity is valid: some models exclude tokens with it. */
        if (!(logits[token] < INFINITY)) {
            return false;
        }
        largest = logits[token] > largest ? logits[token] : largest;
    }
    if (largest == -INFINITY) {
        return false;
    }
    double sum = 0;
    for (int token = 0; token < ctx->n_vocab; token++) {
        sum += exp((double) logits[token] - largest);
    }
    for (int i = 0; i < n; i++) {
        out[i] = (double) logits[tokens[i]] - largest - log(sum);
    }
    return true;
}

struct embark_sampler {
    struct llama_sampler * chain;
    struct llama_sampler * grammar; /* NULL for none */
};

static void embark_sampler_free(void * sampler) {
    struct embark_sampler * s = (struct embark_sampler *) sampler;
    llama_sampler_free(s->chain);
    llama_sampler_free(s->grammar);
    free(s);
}

static void * embark_sampler_new(void * model, float temperature, int top_k, float top_p, float min_p,
                                 int seed, const char * grammar) {
    struct embark_sampler * s = (struct embark_sampler *) calloc(1, sizeof(struct embark_sampler));
    if (s == NULL) {
        return NULL;
    }
    struct llama_sampler_chain_params params = llama_sampler_chain_default_params();
    params.no_perf = true;
    s->chain = llama_sampler_chain_init(params);
    if (temperature > 0) {
        llama_sampler_chain_add(s->chain, llama_sampler_init_top_k(top_k));
        llama_sampler_chain_add(s->chain, llama_sampler_init_top_p(top_p, 1));
        llama_sampler_chain_add(s->chain, llama_sampler_init_min_p(min_p, 1));
        llama_sampler_chain_add(s->chain, llama_sampler_init_temp(temperature));
        llama_sampler_chain_add(s->chain, llama_sampler_init_dist((uint32_t) seed));
    } else {
        llama_sampler_chain_add(s->chain, llama_sampler_init_greedy());
    }
    if (grammar[0] != '\0') {
        const struct llama_vocab * vocab = llama_model_get_vocab((const struct llama_model *) model);
        s->grammar = llama_sampler_init_grammar(vocab, grammar, "root");
        if (s->grammar == NULL) {
            embark_sampler_free(s);
            return NULL;
        }
    }
    return s;
}

/* Collects every token with its logit; false if one is NaN or infinite. */
static bool embark_candidates(struct embark_context * context, const float * logits, llama_token_data_array * all) {
    bool finite = true;
    for (int token = 0; token < context->n_vocab; token++) {
        /* Minus infinity is valid: some models exclude tokens with it. */
        finite = finite && logits[token] < INFINITY;
        context->candidates[token].id = token;
        context->candidates[token].logit = logits[token];
        context->candidates[token].p = 0;
    }
    all->data = context->candidates;
    all->size = (size_t) context->n_vocab;
    all->selected = -1;
    all->sorted = false;
    return finite;
}

static int embark_sampler_sample(void * sampler, void * context, int index) {
    struct embark_sampler * s = (struct embark_sampler *) sampler;
    struct embark_context * ctx = (struct embark_context *) context;
    const float * logits = llama_get_logits_ith(ctx->llama, index);
    llama_token_data_array all;
    if (logits == NULL || !embark_candidates(ctx, logits, &all)) {
        return -1;
    }
    llama_sampler_apply(s->chain, &all);
    llama_token token = all.data[all.selected].id;
    if (s->grammar != NULL) {
        /* Checking one token is much cheaper than checking all, and usually suffices. */
        llama_token_data chosen = { token, 1, 0 };
        llama_token_data_array one = { &chosen, 1, -1, false };
        llama_sampler_apply(s->grammar, &one);
        if (chosen.logit == -INFINITY) {
            embark_candidates(ctx, logits, &all);
            llama_sampler_apply(s->grammar, &all);
            bool any = false;
            for (size_t i = 0; i < all.size && !any; i++) {
                any = all.data[i].logit > -INFINITY;
            }
            if (!any) {
                return -2;
            }
            llama_sampler_apply(s->chain, &all);
            token = all.data[all.selected].id;
        }
        llama_sampler_accept(s->grammar, token);
    }
    llama_sampler_accept(s->chain, token);
    return token;
}

/* Not built with llama_batch_init(), which checks none of its allocations and allocates n_seq_max ids for
 * every token. */
struct embark_batch {
    struct llama_batch llama; /* seq_id points into seq_ids, in token order */
    llama_seq_id * seq_ids;
    size_t n_seq_ids;
    size_t room; /* capacity of seq_ids */
};

static void embark_batch_free(void * batch) {
    struct embark_batch * b = (struct embark_batch *) batch;
    free(b->llama.token);
    free(b->llama.pos);
    free(b->llama.n_seq_id);
    free(b->llama.seq_id);
    free(b->llama.logits);
    free(b->seq_ids);
    free(b);
}

static void * embark_batch_new(int capacity) {
    struct embark_batch * b = (struct embark_batch *) calloc(1, sizeof(struct embark_batch));
    if (b == NULL) {
        return NULL;
    }
    size_t n = (size_t) capacity;
    b->room = n;
    b->llama.token = (llama_token *) malloc(n * sizeof(llama_token));
    b->llama.pos = (llama_pos *) malloc(n * sizeof(llama_pos));
    b->llama.n_seq_id = (int32_t *) malloc(n * sizeof(int32_t));
    b->llama.seq_id = (llama_seq_id **) malloc(n * sizeof(llama_seq_id *));
    b->llama.logits = (int8_t *) malloc(n * sizeof(int8_t));
    b->seq_ids = (llama_seq_id *) malloc(n * sizeof(llama_seq_id));
    if (b->llama.token == NULL || b->llama.pos == NULL || b->llama.n_seq_id == NULL || b->llama.seq_id == NULL
        || b->llama.logits == NULL || b->seq_ids == NULL) {
        embark_batch_free(b);
        return NULL;
    }
    return b;
}

static void embark_batch_clear(void * batch) {
    struct embark_batch * b = (struct embark_batch *) batch;
    b->llama.n_tokens = 0;
    b->n_seq_ids = 0;
}

/* Ensures room for n_seq_ids more ids. */
static bool embark_batch_reserve(struct embark_batch * b, size_t n_seq_ids) {
    if (n_seq_ids <= b->room - b->n_seq_ids) {
        return true;
    }
    size_t room = b->n_seq_ids + n_seq_ids > 2 * b->room ? b->n_seq_ids + n_seq_ids : 2 * b->room;
    llama_seq_id * ids = (llama_seq_id *) realloc(b->seq_ids, room * sizeof(llama_seq_id));
    if (ids == NULL) {
        return false;
    }
    b->seq_ids = ids;
    b->room = room;
    for (int i = 0; i < b->llama.n_tokens; i++) {
        b->llama.seq_id[i] = ids;
        ids += b->llama.n_seq_id[i];
    }
    return true;
}

static bool embark_batch_add(void * batch, int token, int pos, const int * seq_ids, int n_seq_ids, bool output) {
    struct embark_batch * b = (struct embark_batch *) batch;
    if (!embark_batch_reserve(b, (size_t) n_seq_ids)) {
        return false;
    }
    int i = b->llama.n_tokens++;
    b->llama.token[i] = token;
    b->llama.pos[i] = pos;
    b->llama.n_seq_id[i] = n_seq_ids;
    b->llama.seq_id[i] = b->seq_ids + b->n_seq_ids;
    memcpy(b->llama.seq_id[i], seq_ids, sizeof(llama_seq_id) * (size_t) n_seq_ids);
    b->n_seq_ids += (size_t) n_seq_ids;
    b->llama.logits[i] = output;
    return true;
}

static bool embark_batch_add_sequence(void * batch, const int * tokens, int64_t offset, int n, int seq_id) {
    if (!embark_batch_reserve((struct embark_batch *) batch, (size_t) n)) {
        return false;
    }
    for (int pos = 0; pos < n; pos++) {
        embark_batch_add(batch, tokens[offset + pos], pos, &seq_id, 1, true);
    }
    return true;
}

static int embark_context_decode(void * context, void * batch) {
    struct embark_context * ctx = (struct embark_context *) context;
    embark_use_products(ctx);
    llama_memory_t memory = llama_get_memory(ctx->llama);
    if (memory != NULL) {
        llama_memory_clear(memory, false);
    }
    return llama_decode(ctx->llama, ((struct embark_batch *) batch)->llama);
}

static int embark_generation_decode(void * context, void * batch) {
    struct embark_context * ctx = (struct embark_context *) context;
    embark_use_products(ctx);
    return llama_decode(ctx->llama, ((struct embark_batch *) batch)->llama);
}

#endif /* EMBARK_LLAMA_IMPLEMENTATION */

#endif /* EMBARK_LLAMA_H */
