package dev.embark.spark.models;

import dev.embark.engine.options.FunctionOptions;
import dev.embark.store.ModelStore;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.resource.ResourceInformation;

/**
 * The models and engines of this JVM, created from the application's conf on first use. A later
 * application in the same JVM takes them over if its settings are equal; otherwise it creates its
 * own, and engines that tasks of the earlier application still hold are freed when these tasks end.
 * Safe for any thread.
 */
public final class ExecutorModels {
  private static final String GPU = "gpu";

  private static Hardware hardware = Hardware.LLAMA;
  private static ExecutorModels current;

  private final Setup setup;
  private final ModelStore store;
  private final EnginePool engines;
  private final IdleClock idleClock;
  private SparkConf conf; // of the last application that used them

  /** The settings in an application's conf that models and engines depend on. */
  private record Setup(ExecutorSettings settings, MemoryLimit limit, boolean alone) {
    static Setup of(SparkConf conf) {
      ExecutorSettings settings = ExecutorSettings.of(conf, System.getenv());
      MemoryLimit limit =
          MemoryLimit.of(
              conf,
              settings.memoryBytes(),
              machineBytes(),
              Runtime.getRuntime().maxMemory(),
              slots(conf));
      return new Setup(settings, limit, isAlone(conf));
    }
  }

  private ExecutorModels(Setup setup, Hardware hardware) {
    this.setup = setup;
    MemoryBudget budget = new MemoryBudget(setup.limit());
    Devices devices = new Devices(hardware, setup.alone(), System.getenv());
    store = new ModelStore(setup.settings().store());
    ModelPool models = new ModelPool(store, hardware, budget);
    boolean sharedContext = setup.settings().sharedContext();
    engines = new EnginePool(models, devices, budget, sharedContext, System::nanoTime);
    idleClock = IdleClock.start(setup.settings().idleTimeout(), engines::freeIdleFor);
  }

  private static synchronized ExecutorModels current() {
    SparkEnv env = SparkEnv.get();
    // Without an application, existing models are used.
    if (current != null && (env == null || env.conf() == current.conf)) {
      return current;
    }
    SparkConf conf = env == null ? new SparkConf() : env.conf();
    Setup setup = Setup.of(conf);
    if (current != null && !current.setup.equals(setup)) {
      current.idleClock.close();
      current.engines.retire();
      current = null;
    }
    if (current == null) {
      current = new ExecutorModels(setup, hardware);
    }
    current.conf = conf;
    return current;
  }

  /**
   * Leases an engine with a loaded model for the running task.
   *
   * @throws dev.embark.engine.rows.EmbarkException if the model cannot be loaded or the device is
   *     not available
   */
  public static EnginePool.Lease lease(FunctionOptions options, ModelAccess access) {
    TaskContext task = TaskContext.get();
    ResourceInformation gpus = task == null ? null : task.resourcesJMap().get(GPU);
    return lease(options, access, gpus == null ? List.of() : List.of(gpus.addresses()));
  }

  /** Leases an engine for explicitly given GPU addresses, outside a task. */
  public static EnginePool.Lease lease(
      FunctionOptions options, ModelAccess access, List<String> gpus) {
    return current().engines.lease(options, access, gpus);
  }

  /** The model store of this JVM. */
  public static ModelStore store() {
    return current().store;
  }

  /** Number of engines that tasks hold or are waiting for. */
  public static synchronized int leased() {
    return current == null ? 0 : current.engines.leased();
  }

  /**
   * Frees every engine and model; the next use reads the conf again.
   *
   * @throws IllegalStateException if a task holds an engine
   */
  public static synchronized void closeAll() {
    if (current != null) {
      current.engines.freeAll();
      current.idleClock.close();
      current = null;
    }
  }

  /** Replaces the hardware, for tests. Must be called before the first lease. */
  public static synchronized void use(Hardware other) {
    closeAll();
    hardware = other;
  }

  /** Whether the driver is the only executor. */
  static boolean isAlone(SparkConf conf) {
    String master = conf.get("spark.master", "local");
    return master.startsWith("local") && !master.startsWith("local-cluster");
  }

  /** Number of concurrent tasks. */
  private static int slots(SparkConf conf) {
    int cores = conf.getInt("spark.executor.cores", Runtime.getRuntime().availableProcessors());
    return Math.max(1, cores / Math.max(1, conf.getInt("spark.task.cpus", 1)));
  }

  /** Memory limit of this process's control group or, without a limit, memory of the machine. */
  private static long machineBytes() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getTotalMemorySize();
  }
}
