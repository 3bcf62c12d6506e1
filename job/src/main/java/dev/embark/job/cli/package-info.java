/**
 * Command-line options, their help, and the errors shown to a user.
 *
 * <pre>
 *  arguments ──► Cli ──► JobSpec, SqlSpec, ModelSpec
 *                 └────► UserError: one sentence, exit code 1 or 2
 * </pre>
 *
 * <p>The specs use no Spark class, so the {@code embark} command validates a command line before
 * Spark starts. The package consists of immutable values and stateless functions.
 */
package dev.embark.job.cli;
