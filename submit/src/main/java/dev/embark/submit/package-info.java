/**
 * The {@code embark} command: checks a command line, finds a Spark, and hands the work to its
 * spark-submit with the one jar as application.
 *
 * <pre>
 *  submit/embark ──► Main ──► RunCommand … ──► SubmitCommand ──► Launcher ──► bin/spark-submit
 *  (builds what      picocli   job's mixins     words             SparkHome     dev.embark.job.*
 *   is missing)
 * </pre>
 *
 * <p>No class of Spark is used here: this JVM has only the one jar.
 */
package dev.embark.submit;
