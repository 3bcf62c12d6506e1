package dev.embark.job.files;

import java.io.Serializable;
import java.util.List;

/**
 * A file whose content is uploaded and which does not exist before its upload is completed.
 *
 * @param path path relative to the target folder, in the notation of {@link java.net.URI#getPath}
 * @param upload handle of the upload, as its file system encodes it
 * @param parts handles of the parts in order
 */
record PendingFile(String path, byte[] upload, List<byte[]> parts) implements Serializable {}
