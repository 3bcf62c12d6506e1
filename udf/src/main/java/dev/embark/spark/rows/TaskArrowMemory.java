package dev.embark.spark.rows;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.arrow.memory.AllocationListener;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.OutOfMemoryException;
import org.apache.spark.TaskContext;
import org.apache.spark.memory.MemoryConsumer;
import org.apache.spark.memory.TaskMemoryManager;
import org.apache.spark.sql.util.ArrowUtils;
import org.apache.spark.util.TaskCompletionListener;

/**
 * Tells Spark's memory manager of a task's Arrow buffers, so that sorts and joins of the same
 * executor count on less and spill earlier. Nothing of it can be spilled itself.
 *
 * <p>Arrow's memory is always outside the heap. It is taken from the kind that Spark's own
 * operators use, since the other one has no room unless it is configured.
 */
final class TaskArrowMemory extends MemoryConsumer implements AllocationListener {
  // Spark's manager remembers each consumer until the task ends, so a task has one.
  private static final Map<TaskMemoryManager, TaskArrowMemory> TASKS = new ConcurrentHashMap<>();

  private TaskArrowMemory(TaskMemoryManager manager) {
    super(manager, manager.getTungstenMemoryMode());
  }

  private static TaskArrowMemory of(TaskContext context) {
    TaskMemoryManager manager = context.taskMemoryManager();
    TaskArrowMemory there = TASKS.get(manager);
    if (there != null) {
      return there;
    }
    TaskArrowMemory added = new TaskArrowMemory(manager);
    TaskArrowMemory other = TASKS.putIfAbsent(manager, added);
    if (other != null) {
      return other;
    }
    TaskCompletionListener atEnd = ended -> TASKS.remove(manager);
    context.addTaskCompletionListener(atEnd);
    return added;
  }

  /**
   * An allocator for Arrow vectors, a child of Spark's. Whoever asks closes it before the task
   * ends.
   *
   * @param context null outside of a task, where nothing is accounted
   */
  static BufferAllocator newAllocator(String name, TaskContext context) {
    BufferAllocator root = ArrowUtils.rootAllocator();
    return context == null
        ? root.newChildAllocator(name, 0, Long.MAX_VALUE)
        : root.newChildAllocator(
            name + "-" + context.taskAttemptId(), of(context), 0, Long.MAX_VALUE);
  }

  @Override
  public void onPreAllocation(long size) {
    long granted = acquireMemory(size);
    if (granted < size) {
      freeMemory(granted);
      throw new OutOfMemoryException(
          "Spark has no "
              + size
              + " bytes of execution memory left for embeddings of this task; give executors more"
              + " memory (spark.executor.memory) or fewer tasks at once (spark.executor.cores).");
    }
  }

  @Override
  public void onRelease(long size) {
    freeMemory(size);
  }

  @Override
  public long spill(long size, MemoryConsumer trigger) throws IOException {
    return 0;
  }
}
