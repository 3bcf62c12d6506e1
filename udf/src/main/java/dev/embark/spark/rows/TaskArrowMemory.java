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
 * Accounts for a task's Arrow buffers in Spark's memory manager, so that sorts and joins of the
 * same executor spill earlier. Arrow buffers themselves cannot be spilled.
 *
 * <p>Arrow memory is always off-heap. It is charged to the memory mode of Spark's own operators,
 * since the other mode has no memory unless it is configured.
 */
final class TaskArrowMemory extends MemoryConsumer implements AllocationListener {
  // Spark's memory manager keeps each consumer until the task ends, so each task has only one.
  private static final Map<TaskMemoryManager, TaskArrowMemory> TASKS = new ConcurrentHashMap<>();

  private TaskArrowMemory(TaskMemoryManager manager) {
    super(manager, manager.getTungstenMemoryMode());
  }

  private static TaskArrowMemory of(TaskContext context) {
    TaskMemoryManager manager = context.taskMemoryManager();
    TaskArrowMemory existing = TASKS.get(manager);
    if (existing != null) {
      return existing;
    }
    TaskArrowMemory added = new TaskArrowMemory(manager);
    TaskArrowMemory concurrent = TASKS.putIfAbsent(manager, added);
    if (concurrent != null) {
      return concurrent;
    }
    TaskCompletionListener atEnd = ended -> TASKS.remove(manager);
    context.addTaskCompletionListener(atEnd);
    return added;
  }

  /**
   * A child allocator of Spark's root allocator. The caller closes it before the task ends.
   *
   * @param context null outside a task, where no memory is accounted
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
