/**
 * Implementation of the {@code embark} command: it validates a command line, finds a Spark
 * installation and submits the one jar to its spark-submit.
 *
 * <pre>
 *  submit/embark ──► Main ──► RunCommand … ──► SubmitCommand ──► Launcher ──► bin/spark-submit
 *  (builds what      picocli   job's mixins     words             SparkHome     dev.embark.job.*
 *   is missing)
 * </pre>
 *
 * <p>The package uses no Spark class, because this JVM has only the one jar on its class path.
 */
package dev.embark.submit;
