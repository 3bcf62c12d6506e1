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

/* Version of the loaded libllama, e.g. "0.5.0"; "" if it is too old to tell. Nothing else may be
 * called before this one gave the expected version: a function that the loaded library lacks would
 * end the process. */
static const char * embark_llama_version(void);
/* Loads every ggml backend found in dir, starts llama.cpp and takes over its log. Call once. */
static void embark_llama_start(const char * dir);
/* Error lines that llama.cpp logged on this thread since embark_llama_clear_log(); never NULL. */
static const char * embark_llama_log(void);
static void embark_llama_clear_log(void);
static int embark_llama_device_count(void);
static const char * embark_llama_device_name(int device);
static const char * embark_llama_device_description(int device);
static bool embark_llama_device_is_gpu(int device);
/* Its address on the bus, such as 0000:01:00.0; "" where the backend does not tell. */
static const char * embark_llama_device_id(int device);
/* Bytes of its memory that are free now. */
static int64_t embark_llama_device_free(int device);
/* Whether a backend of this name, such as "CUDA", was loaded; it may still have no device. */
static bool embark_llama_has_backend(const char * name);

/* ---- accelerator: encoders computed by a ggml backend of Embark's own ------------------------- */

/* Opens the backend, after embark_llama_start(). False where it has nothing for this machine. */
static bool embark_accelerator_load(const char * library);
/* The instructions that it computes with at a precision, "exact" or "fast"; "" before it is loaded. */
static const char * embark_accelerator_kernels(const char * precision);

/* ---- model: shared by any number of contexts and threads ----------------------------------- */

/* Maps the file. device: index below embark_llama_device_count(), or -1 for the CPU alone.
 * gpu_layers: how many go on the device, -1 for all.
 * keep_accents: the tokenizer leaves accents on, whatever the file says.
 * precision: "exact" or "fast" gives the weights of the encoder to the accelerator, "" does not.
 * NULL on failure, with the reason in embark_llama_log(). */
static void * embark_model_load(
    const char * path, int device, int gpu_layers, bool keep_accents, const char * precision);
static void embark_model_free(void * model);
static int embark_model_n_embd(void * model);
static int embark_model_n_ctx_train(void * model);
static int embark_model_n_vocab(void * model);
/* True when its layers, or some of them, carry a state from token to token (Mamba and its like). */
static bool embark_model_is_recurrent(void * model);
/* Copies the value of a metadata key; returns its length in bytes, or -1 if there is none. */
static int embark_model_meta(void * model, const char * key, char * value, int capacity);

/* Writes token ids to the int tokens[offset ... offset + capacity); returns their number, or -n when
 * n > capacity. (void *, as JavaCPP makes no overload of a Java array beside a pointer.) */
static int embark_tokenize(void * model, const int8_t * text, int length, void * tokens, int64_t offset,
                           int capacity, bool add_special, bool parse_special);
/* True for [CLS], [SEP], </s> and their like. */
static bool embark_token_is_control(void * model, int token);
/* 1 for what is found in a text before anything else is, 2 when it swallows white space beside it, 0
 * for other tokens. */
static int embark_token_is_user_defined(void * model, int token);
/* As the vocabulary spells it; valid as long as the model. */
static const char * embark_token_text(void * model, int token);

/* Grows a buffer of token ids, or makes one of NULL; its owner frees it. NULL when out of memory,
 * and then the old one still stands. */
static int * embark_tokens_resize(int * tokens, int64_t capacity);
static void embark_tokens_free(int * tokens);
/* Index of the first of tokens[offset ... offset + n) that the vocabulary lacks, or -1. */
static int embark_tokens_unknown(const int * tokens, int64_t offset, int n, int n_vocab);

/* ---- context: one thread at a time ---------------------------------------------------------- */

/* capacity: tokens per call, which is n_ctx, n_batch and n_ubatch at once. pooling: one of
 * llama_pooling_type, -1 for what the file says. NULL on failure. */
static void * embark_context_new(void * model, int capacity, int n_seq_max, int pooling, int n_threads);
static void embark_context_free(void * context);
static int embark_context_pooling(void * context);
/* While set, the running and any later decode returns 2 within one graph node. Any thread. */
static void embark_context_cancel(void * context, bool cancel);
/* Forgets earlier batches, then llama_decode: 0 done, 1 no room, 2 cancelled, < 0 failed. */
static int embark_context_decode(void * context, void * batch);
/* Copies the pooled vector of a sequence of the last batch into out[0 ... n_embd). */
static bool embark_context_embedding(void * context, int seq_id, float * out);

/* ---- batch ---------------------------------------------------------------------------------- */

/* Room for capacity tokens, each in up to n_seq_max sequences. NULL when out of memory. */
static void * embark_batch_new(int capacity, int n_seq_max);
static void embark_batch_free(void * batch);
static void embark_batch_clear(void * batch);
/* Appends one token; the caller has checked capacity. */
static void embark_batch_add(void * batch, int token, int pos, const int * seq_ids, int n_seq_ids, bool output);
/* Appends tokens[offset ... offset + n) as one sequence at positions 0 ... n - 1, all of them output. */
static void embark_batch_add_sequence(void * batch, const int * tokens, int64_t offset, int n, int seq_id);

#ifdef EMBARK_LLAMA_IMPLEMENTATION

#include "ggml-backend.h"
#include "llama.h"

#include <dlfcn.h>
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
    /* Otherwise an abort in ggml forks a debugger before it ends the process. */
    setenv("GGML_NO_BACKTRACE", "1", 0);
    /* Otherwise CUDA counts the fastest device first, and Spark's addresses are nvidia-smi's. */
    setenv("CUDA_DEVICE_ORDER", "PCI_BUS_ID", 0);
    llama_log_set(embark_on_log, NULL);
    /* Another class loader may have done it: a second time would show every device twice. */
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
    /* Another class loader may have opened it. */
    if (ggml_backend_reg_by_name("Embark") != NULL) {
        return true;
    }
    bool loaded = ggml_backend_load(library) != NULL;
    /* That a machine has none of its instructions is no error. */
    embark_llama_clear_log();
    return loaded;
}

static const char * embark_accelerator_kernels(const char * precision) {
    const char * (*kernels)(const char *) =
        (const char * (*)(const char *)) embark_accelerator_function("embark_accelerator_kernels");
    return kernels == NULL ? "" : kernels(precision);
}

static void * embark_model_load(
    const char * path, int device, int gpu_layers, bool keep_accents, const char * precision) {
    struct llama_model_params params = llama_model_default_params();
    /* The list ends with an empty key. */
    struct llama_model_kv_override overrides[2];
    memset(overrides, 0, sizeof(overrides));
    if (keep_accents) {
        strcpy(overrides[0].key, "tokenizer.ggml.normalizer.strip_accents");
        overrides[0].tag = LLAMA_KV_OVERRIDE_TYPE_BOOL;
        overrides[0].val_bool = false;
        params.kv_overrides = overrides;
    }
    /* The weights of all products in the encoder; the list ends with an empty pattern. */
    struct llama_model_tensor_buft_override weights[2];
    memset(weights, 0, sizeof(weights));
    ggml_backend_buffer_type_t (*weights_for)(const char *) =
        (ggml_backend_buffer_type_t (*)(const char *)) embark_accelerator_function("embark_accelerator_weights");
    if (precision[0] != '\0' && weights_for != NULL) {
        weights[0].pattern = "blk\\.[0-9]+\\.(attn_(q|k|v|output)|ffn_(up|down))\\.weight";
        weights[0].buft = weights_for(precision);
        params.tensor_buft_overrides = weights;
        /* Mapped, the file's pages would stay in memory beside the packed weights. */
        params.load_mode = LLAMA_LOAD_MODE_NONE;
    }
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
    return llama_model_load_from_file(path, params);
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
    volatile bool cancel;
};

static bool embark_is_cancelled(void * data) {
    return ((struct embark_context *) data)->cancel;
}

static void * embark_context_new(void * model, int capacity, int n_seq_max, int pooling, int n_threads) {
    struct embark_context * context = (struct embark_context *) calloc(1, sizeof(struct embark_context));
    if (context == NULL) {
        return NULL;
    }
    struct llama_context_params params = llama_context_default_params();
    params.n_ctx = (uint32_t) capacity;
    params.n_batch = (uint32_t) capacity;
    params.n_ubatch = (uint32_t) capacity;
    params.n_seq_max = (uint32_t) n_seq_max;
    params.n_threads = n_threads;
    params.n_threads_batch = n_threads;
    params.pooling_type = (enum llama_pooling_type) pooling;
    params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_ENABLED;
    params.embeddings = true;
    params.kv_unified = true;
    params.no_perf = true;
    params.abort_callback = embark_is_cancelled;
    params.abort_callback_data = context;
    context->n_embd = embark_model_n_embd(model);
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

struct embark_batch {
    struct llama_batch llama;
};

static void * embark_batch_new(int capacity, int n_seq_max) {
    struct embark_batch * batch = (struct embark_batch *) calloc(1, sizeof(struct embark_batch));
    if (batch != NULL) {
        batch->llama = llama_batch_init(capacity, 0, n_seq_max);
    }
    return batch;
}

static void embark_batch_free(void * batch) {
    llama_batch_free(((struct embark_batch *) batch)->llama);
    free(batch);
}

static void embark_batch_clear(void * batch) {
    ((struct embark_batch *) batch)->llama.n_tokens = 0;
}

static void embark_batch_add(void * batch, int token, int pos, const int * seq_ids, int n_seq_ids, bool output) {
    struct llama_batch * b = &((struct embark_batch *) batch)->llama;
    int i = b->n_tokens++;
    b->token[i] = token;
    b->pos[i] = pos;
    b->n_seq_id[i] = n_seq_ids;
    memcpy(b->seq_id[i], seq_ids, sizeof(int) * (size_t) n_seq_ids);
    b->logits[i] = output;
}

static void embark_batch_add_sequence(void * batch, const int * tokens, int64_t offset, int n, int seq_id) {
    for (int pos = 0; pos < n; pos++) {
        embark_batch_add(batch, tokens[offset + pos], pos, &seq_id, 1, true);
    }
}

static int embark_context_decode(void * context, void * batch) {
    struct embark_context * ctx = (struct embark_context *) context;
    llama_memory_t memory = llama_get_memory(ctx->llama);
    if (memory != NULL) {
        llama_memory_clear(memory, false);
    }
    return llama_decode(ctx->llama, ((struct embark_batch *) batch)->llama);
}

#endif /* EMBARK_LLAMA_IMPLEMENTATION */

#endif /* EMBARK_LLAMA_H */
