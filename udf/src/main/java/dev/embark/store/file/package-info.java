/**
 * Model files and model folders on local disks, Hadoop file systems and the class path, and file
 * identity.
 *
 * <pre>
 *  RemoteFile ──┬── LocalFile, HadoopFile, ClasspathFile
 *               └── dev.embark.store.web
 *  SourceFolder ──── LocalFolder, HadoopFolder, dev.embark.store.web
 *  FileStamp ──► FileIdentity ──► FileHashes: a file is rehashed only if it has changed
 * </pre>
 *
 * <p>Safe for any thread.
 */
package dev.embark.store.file;
