/**
 * How a run writes files: what only the job reads, and what appears in an output or quarantine.
 *
 * <pre>
 *                    other file systems                    object stores with multipart uploads (S3A)
 *  ScratchFiles   Spark's own commit, by renames        each task puts its files under their names
 *  StagedFiles    a folder that readers skip, whose     each task uploads its files and leaves the
 *                 files are renamed when published      uploads open; they are completed when published
 * </pre>
 *
 * <p>On an object store a rename is a copy and a delete, so there no file is renamed. An open
 * upload is invisible to every reader, and completing it makes the whole file appear at once: what
 * is left of failed tasks, lost executors or superseded processes never becomes a file.
 *
 * <p>Used by the thread of the run; {@link dev.embark.job.files.UploadCommitProtocol} also by the
 * tasks of executors.
 */
package dev.embark.job.files;
