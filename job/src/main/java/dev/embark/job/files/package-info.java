/**
 * How a run writes files: what only the job reads, and what appears in an output or quarantine.
 *
 * <pre>
 *                 disks, HDFS              object stores               of these, S3A
 *  ScratchFiles   Spark's own commit,      each task puts its files    the same
 *                 by renames               under their names
 *  StagedFiles    a folder that readers    the same, without other     each task uploads its files,
 *                 skip, whose files are    renames                     and the uploads are completed
 *                 renamed when published                               when published
 * </pre>
 *
 * <p>On S3 a rename is a copy and a delete, so there no file is renamed. An open upload is
 * invisible to every reader, and completing it makes the whole file appear at once: what is left of
 * failed tasks, lost executors or superseded processes never becomes a file.
 *
 * <p>Used by the thread of the run; {@link dev.embark.job.files.UploadCommitProtocol} also by the
 * tasks of executors.
 */
package dev.embark.job.files;
