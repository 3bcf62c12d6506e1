package dev.embark.engine.embed;

import dev.embark.engine.batch.ContextMemory;
import dev.embark.engine.batch.Packing;
import dev.embark.engine.batch.SequenceQueue;
import dev.embark.engine.batch.Ticket;
import dev.embark.engine.model.EngineMemory;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.Pooling;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.llama.LlamaContext;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.TokenizedTexts;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/**
 * Pool of contexts shared by all tasks of a process, so that batches are full even when each task
 * has few texts.
 *
 * <pre>
 *  task threads                              one thread per context
 *  Tokenizer ──► SequenceQueue ──► batch of several tasks ──► Encoder ──┐
 *  VectorWriter ◄── Ticket, one per window ◄────────────────────────────┘
 * </pre>
 *
 * <p>Tasks tokenise, normalise and write; the threads of the pool only compute. A cancelled task
 * removes its sequences from the queue; those already in a batch finish with it. A failing sequence
 * is isolated as in {@link Encoder}. An exception or {@link Error} in a pool thread fails the rows
 * of its batch or, if these are unknown, every waiting window; the thread continues. Owns its
 * contexts, not the model. Thread-safe.
 */
public final class SharedEncoder implements AutoCloseable {
  private final Pooling pooling;
  private final int batchTokens;
  private final int device;
  private final SequenceQueue queue;
  private final List<Worker> workers = new ArrayList<>();
  private final AtomicInteger losses = new AtomicInteger(); // batches lost with rows unknown
  private volatile Throwable lastLoss;

  /**
   * Creates the contexts.
   *
   * @param batchTokens tokens per native batch
   * @param contexts one factory per context; owned by the caller
   * @throws EmbarkException when memory is insufficient
   */
  SharedEncoder(
      LlamaModel model, Pooling pooling, int batchTokens, List<Encoder.ContextFactory> contexts) {
    this.pooling = pooling;
    this.batchTokens = batchTokens;
    this.device = model.options().device();
    this.queue =
        new SequenceQueue(
            Packing.of(model),
            batchTokens,
            LlamaContext.maxSequences(batchTokens),
            contexts.size());
    try {
      for (Encoder.ContextFactory factory : contexts) {
        Encoder encoder = new Encoder(model, batchTokens, factory);
        workers.add(new Worker(encoder, "embark-encoder-" + workers.size()));
      }
      workers.forEach(Thread::start);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /**
   * Creates contexts without a limit on their growth.
   *
   * @param batchTokens tokens per native batch
   * @param contexts number of contexts: one on a GPU, one per usable core on a CPU
   * @throws EmbarkException when memory is insufficient
   */
  public static SharedEncoder open(
      LlamaModel model, Pooling pooling, int batchTokens, int contexts) {
    return open(
        model, pooling, batchTokens, Collections.nCopies(contexts, ContextMemory.UNLIMITED));
  }

  /**
   * Creates one context per element of {@code memory}.
   *
   * @param batchTokens tokens per native batch
   * @param memory consulted before its context is created and each time it grows; owned by the
   *     caller
   * @throws EmbarkException when memory is insufficient
   */
  public static SharedEncoder open(
      LlamaModel model, Pooling pooling, int batchTokens, List<ContextMemory> memory) {
    return new SharedEncoder(
        model,
        pooling,
        batchTokens,
        memory.stream().map(each -> Encoder.ContextFactory.of(model, pooling, each)).toList());
  }

  /** Returns an encoder for one task; closing it frees no context. */
  WindowEncoder client(EmbedOptions options) {
    return client(options.pooling(), EngineMemory.batchTokens(options, device));
  }

  /** Returns an encoder for one task that asks for this pooling and batches of this size. */
  WindowEncoder client(Pooling wanted, int tokens) {
    if (wanted != pooling || tokens != batchTokens) {
      throw new IllegalArgumentException(
          "shared for pooling %s and %d tokens, not for %s and %d"
              .formatted(pooling, batchTokens, wanted, tokens));
    }
    return new Client();
  }

  /** Returns the number of queued sequences. */
  int waiting() {
    return queue.waiting();
  }

  private final class Client implements WindowEncoder {
    private volatile boolean cancelled;
    private volatile Ticket running;

    @Override
    public void encode(TokenizedTexts texts, BooleanSupplier isCancelled, Encoder.Sink sink) {
      Ticket ticket = new Ticket();
      running = ticket;
      int lossesBefore = losses.get();
      BooleanSupplier stopped =
          () -> {
            if (losses.get() != lossesBefore) {
              throw notComputed(lastLoss);
            }
            return cancelled || isCancelled.getAsBoolean();
          };
      int[] lengths = texts.lengths();
      try {
        IntStream.range(0, lengths.length)
            .boxed()
            .sorted((a, b) -> Integer.compare(lengths[a], lengths[b]))
            .forEach(i -> queue.add(waiting(ticket, texts, i), stopped));
        for (int i = 0; i < lengths.length; i++) {
          hand(ticket.take(stopped), texts, sink);
        }
      } finally {
        queue.remove(ticket);
        running = null;
      }
    }

    private SequenceQueue.Waiting waiting(Ticket ticket, TokenizedTexts texts, int sequence) {
      return new SequenceQueue.Waiting(
          ticket, sequence, texts.copy(sequence), texts.parts(sequence));
    }

    private void hand(Ticket.Result result, TokenizedTexts texts, Encoder.Sink sink) {
      texts.outcomes().countBatches(result.batches(), result.capacity());
      if (result.error() == null) {
        sink.vector(result.sequence(), result.vector());
      } else {
        sink.error(result.sequence(), result.error());
      }
    }

    @Override
    public void cancel(boolean cancel) {
      cancelled = cancel;
      Ticket ticket = running;
      if (ticket != null) {
        ticket.wake();
      }
    }

    @Override
    public boolean isCancelled() {
      return cancelled;
    }

    @Override
    public void close() {
      // The contexts belong to the pool.
    }
  }

  /** Computes batches on one context until the queue is closed. */
  private final class Worker extends Thread {
    private final Encoder encoder;
    private final TokenizedTexts texts = new TokenizedTexts();

    Worker(Encoder encoder, String name) {
      super(name);
      setDaemon(true);
      this.encoder = encoder;
    }

    @Override
    public void run() {
      while (!queue.isClosed()) {
        try {
          List<SequenceQueue.Waiting> batch = queue.take();
          if (!batch.isEmpty()) {
            compute(batch);
          }
        } catch (Throwable e) {
          // Waiting windows must fail instead of waiting forever. This allocates nothing, because e
          // may be an OutOfMemoryError.
          lastLoss = e;
          losses.incrementAndGet();
        }
      }
    }

    private void compute(List<SequenceQueue.Waiting> batch) {
      Results results = new Results(batch, batchTokens);
      try {
        texts.clear(batch.size());
        for (int i = 0; i < batch.size(); i++) {
          texts.append(i, batch.get(i).ids(), batch.get(i).parts());
        }
        int[] all = IntStream.range(0, batch.size()).toArray();
        encoder.encode(texts, all, () -> false, results);
      } catch (EmbarkException e) {
        results.fail(e);
      } catch (Throwable e) {
        results.fail(notComputed(e));
      }
    }

    void free() {
      encoder.close();
      texts.close();
    }
  }

  private static EmbarkException notComputed(Throwable cause) {
    return new EmbarkException(Kind.MODEL, "The batch could not be computed: " + cause, cause);
  }

  /** Sends the result of each sequence of a batch to the ticket of its window. */
  private static final class Results implements Encoder.Sink {
    private final List<SequenceQueue.Waiting> batch;
    private final long[] until; // cumulative share of the batch capacity, in tokens
    private final boolean[] sent;

    Results(List<SequenceQueue.Waiting> batch, int batchTokens) {
      this.batch = batch;
      this.until = new long[batch.size()];
      this.sent = new boolean[batch.size()];
      long tokens = batch.stream().mapToLong(w -> w.ids().length).sum();
      long capacity = Math.max(batchTokens, tokens);
      long before = 0;
      for (int i = 0; i < until.length; i++) {
        before += batch.get(i).ids().length;
        until[i] = capacity * before / tokens;
      }
    }

    @Override
    public void vector(int sequence, float[] vector) {
      send(sequence, Arrays.copyOf(vector, vector.length), null);
    }

    @Override
    public void error(int sequence, EmbarkException error) {
      send(sequence, null, error);
    }

    /** Fails every sequence without a result. */
    void fail(EmbarkException error) {
      for (int i = 0; i < sent.length; i++) {
        if (!sent[i]) {
          send(i, null, error);
        }
      }
    }

    private void send(int i, float[] vector, EmbarkException error) {
      sent[i] = true;
      SequenceQueue.Waiting waiting = batch.get(i);
      long share = until[i] - (i == 0 ? 0 : until[i - 1]);
      waiting
          .ticket()
          .put(new Ticket.Result(waiting.sequence(), vector, error, i == 0 ? 1 : 0, share));
    }
  }

  /** Frees the contexts after their running batches; sequences still queued fail as cancelled. */
  @Override
  public void close() {
    EmbarkException closed = new EmbarkException(Kind.CANCELLED, "The shared encoder was closed.");
    queue.close().forEach(w -> w.ticket().put(new Ticket.Result(w.sequence(), null, closed, 0, 0)));
    boolean interrupted = false;
    for (Worker worker : workers) {
      while (worker.isAlive()) {
        try {
          worker.join();
        } catch (InterruptedException e) {
          interrupted = true; // contexts must be freed before their model
        }
      }
      worker.free();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
