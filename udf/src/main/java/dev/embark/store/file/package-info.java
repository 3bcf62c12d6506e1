/**
 * Model files of disks, Hadoop file systems and the class path, and what identifies a file.
 *
 * <pre>
 *  RemoteFile ──┬── LocalFile, HadoopFile, ClasspathFile
 *               └── dev.embark.store.web
 *  FileStamp ──► FileIdentity ──► FileHashes: a file is hashed again only if it has changed
 * </pre>
 *
 * <p>Safe for any thread.
 */
package dev.embark.store.file;
