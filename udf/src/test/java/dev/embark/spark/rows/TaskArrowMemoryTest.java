package dev.embark.spark.rows;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.spark.TestSession;
import java.lang.reflect.Field;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.OutOfMemoryException;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.memory.TaskMemoryManager;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class TaskArrowMemoryTest {
  private static final int BYTES = 1 << 20;

  private static SparkSession spark;

  @BeforeAll
  static void start() {
    spark = TestSession.start("local[2]");
  }

  @AfterAll
  static void stop() {
    TestSession.stop(spark);
  }

  @Test
  void sparkAccountsForArrowMemoryOfATask() {
    List<Long> counted =
        inTask(
            () -> {
              TaskMemoryManager manager = TaskContext.get().taskMemoryManager();
              long held;
              try (BufferAllocator allocator =
                      TaskArrowMemory.newAllocator("test", TaskContext.get());
                  ArrowBuf buffer = allocator.buffer(BYTES)) {
                held = manager.getMemoryConsumptionForThisTask();
              }
              return List.of(held, manager.getMemoryConsumptionForThisTask());
            });
    assertThat(counted).containsExactly((long) BYTES, 0L);
  }

  @Test
  void allocatorsOfATaskShareOneMemoryConsumer() {
    List<Integer> consumers =
        inTask(
            () -> {
              for (int text = 0; text < 5; text++) {
                try (BufferAllocator allocator =
                        TaskArrowMemory.newAllocator("test", TaskContext.get());
                    ArrowBuf buffer = allocator.buffer(BYTES)) {
                  assertThat(buffer.capacity()).isEqualTo(BYTES);
                }
              }
              return List.of(consumers(TaskContext.get().taskMemoryManager()));
            });
    assertThat(consumers).containsExactly(1);
  }

  /** The consumers that Spark keeps until the task ends, with or without memory. */
  private static int consumers(TaskMemoryManager manager) {
    try {
      Field consumers = TaskMemoryManager.class.getDeclaredField("consumers");
      consumers.setAccessible(true);
      return ((Collection<?>) consumers.get(manager)).size();
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(e.getMessage(), e);
    }
  }

  @Test
  void allocationBeyondSparksMemoryIsRefusedWithoutALeak() {
    List<String> messages =
        inTask(
            () -> {
              try (BufferAllocator allocator =
                  TaskArrowMemory.newAllocator("test", TaskContext.get())) {
                allocator.buffer(1L << 40);
                return List.of();
              } catch (OutOfMemoryException e) {
                return List.of(
                    e.getMessage(),
                    "held "
                        + TaskContext.get().taskMemoryManager().getMemoryConsumptionForThisTask());
              }
            });
    assertThat(messages).hasSize(2);
    assertThat(messages.get(0)).contains("no 1099511627776 bytes", "spark.executor.memory");
    assertThat(messages.get(1)).isEqualTo("held 0");
  }

  @Test
  void memoryOutsideATaskIsNotAccounted() {
    try (BufferAllocator allocator = TaskArrowMemory.newAllocator("test", null);
        ArrowBuf buffer = allocator.buffer(BYTES)) {
      assertThat(allocator.getAllocatedMemory()).isEqualTo(buffer.capacity());
    }
  }

  private interface InTask<T> extends Supplier<List<T>>, java.io.Serializable {}

  private static <T> List<T> inTask(InTask<T> action) {
    Function<Integer, List<T>> run = ignored -> action.get();
    return JavaSparkContext.fromSparkContext(spark.sparkContext())
        .parallelize(List.of(1), 1)
        .map(run)
        .first();
  }
}
