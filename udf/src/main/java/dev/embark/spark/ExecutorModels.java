package dev.embark.spark;

import dev.embark.engine.TaskOptions;
import dev.embark.store.ModelStore;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.resource.ResourceInformation;

/**
 * The models and engines of this JVM, made as the application's conf says when they are first asked
 * for. Safe for any thread.
 */
final class ExecutorModels {
  private static final String GPU = "gpu";

  private static Hardware hardware = Hardware.LLAMA;
  private static ExecutorModels current;

  private final ModelStore store;
  private final EnginePool engines;
  private final ScheduledExecutorService idleClock;

  private ExecutorModels(SparkConf conf, Hardware hardware) {
    ExecutorSettings settings = ExecutorSettings.of(conf, System.getenv());
    MemoryBudget budget =
        new MemoryBudget(
            MemoryLimit.of(
                conf,
                settings.memoryBytes(),
                machineBytes(),
                Runtime.getRuntime().maxMemory(),
                slots(conf)));
    Devices devices = new Devices(hardware, isAlone(conf), System.getenv());
    store = new ModelStore(settings.store());
    ModelPool models = new ModelPool(store, hardware, budget);
    engines = new EnginePool(models, devices, budget, settings.sharedContext(), System::nanoTime);
    idleClock =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "embark-idle");
              thread.setDaemon(true);
              return thread;
            });
    Duration idle = settings.idleTimeout();
    long period = Math.max(1, idle.toMillis() / 4);
    idleClock.scheduleWithFixedDelay(
        () -> engines.freeIdleFor(idle), period, period, TimeUnit.MILLISECONDS);
  }

  private static synchronized ExecutorModels current() {
    if (current == null) {
      SparkConf conf = SparkEnv.get() == null ? new SparkConf() : SparkEnv.get().conf();
      current = new ExecutorModels(conf, hardware);
    }
    return current;
  }

  /**
   * An engine with these options for the running task, its model loaded.
   *
   * @throws dev.embark.engine.EmbeddingException when the model or the device cannot be had
   */
  static EnginePool.Lease lease(TaskOptions options, ModelAccess access) {
    TaskContext task = TaskContext.get();
    ResourceInformation gpus = task == null ? null : task.resourcesJMap().get(GPU);
    return lease(options, access, gpus == null ? List.of() : List.of(gpus.addresses()));
  }

  /** The same where no task tells which GPUs Spark assigned. */
  static EnginePool.Lease lease(TaskOptions options, ModelAccess access, List<String> gpus) {
    return current().engines.lease(options, access, gpus);
  }

  /** Where models of this JVM come from. */
  static ModelStore store() {
    return current().store;
  }

  /** Engines that tasks hold right now, or have asked for. */
  static synchronized int leased() {
    return current == null ? 0 : current.engines.leased();
  }

  /**
   * Frees every engine and model; what comes later reads the conf anew.
   *
   * @throws IllegalStateException while a task holds an engine
   */
  static synchronized void closeAll() {
    if (current != null) {
      current.engines.freeAll();
      current.idleClock.shutdownNow();
      current = null;
    }
  }

  /** Puts other devices in the place of this machine's; for tests, before the first lease. */
  static synchronized void use(Hardware other) {
    closeAll();
    hardware = other;
  }

  private static boolean isAlone(SparkConf conf) {
    String master = conf.get("spark.master", "local");
    return master.startsWith("local") && !master.startsWith("local-cluster");
  }

  /** Tasks that run at once. */
  private static int slots(SparkConf conf) {
    int cores = conf.getInt("spark.executor.cores", Runtime.getRuntime().availableProcessors());
    return Math.max(1, cores / Math.max(1, conf.getInt("spark.task.cpus", 1)));
  }

  /** Of this process's control group where it is limited, else of the machine. */
  private static long machineBytes() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getTotalMemorySize();
  }
}
