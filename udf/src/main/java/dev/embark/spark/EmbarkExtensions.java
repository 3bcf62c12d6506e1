package dev.embark.spark;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.spark.catalyst.AnalysisErrors;
import dev.embark.spark.catalyst.ExtractModelCalls;
import dev.embark.spark.catalyst.ModelFunction;
import dev.embark.spark.catalyst.NearestFunction;
import dev.embark.spark.compat.EmbarkBuild;
import dev.embark.spark.conf.EmbarkConf;
import dev.embark.spark.exec.ModelCallStrategy;
import java.util.Optional;
import org.apache.spark.sql.SparkSessionExtensions;
import org.apache.spark.sql.SparkSessionExtensionsProvider;
import org.apache.spark.sql.catalyst.FunctionIdentifier;
import scala.Function1;
import scala.Tuple3;
import scala.runtime.BoxedUnit;

/**
 * Spark session extension that registers Embark's SQL functions, optimizer rule and planner
 * strategy. Spark discovers it through the service file of this jar; on platforms that ignore
 * service files, set {@code spark.sql.extensions=dev.embark.spark.EmbarkExtensions}.
 */
public final class EmbarkExtensions implements SparkSessionExtensionsProvider {
  @Override
  public BoxedUnit apply(SparkSessionExtensions extensions) {
    Optional<EmbarkException> wrongScala = EmbarkBuild.wrongScala();
    if (wrongScala.isPresent()) {
      refuse(extensions, wrongScala.get());
      return BoxedUnit.UNIT;
    }
    EmbarkConf.register();
    for (ModelFunction function : ModelFunction.all()) {
      extensions.injectFunction(function.description());
    }
    extensions.injectTableFunction(NearestFunction.description());
    extensions.injectPreCBORule(session -> new ExtractModelCalls());
    extensions.injectPlannerStrategy(session -> new ModelCallStrategy());
    return BoxedUnit.UNIT;
  }

  /**
   * Registers functions that fail with the reason. Spark would only log an exception of this
   * method, and then report that the functions do not exist.
   */
  private static void refuse(SparkSessionExtensions extensions, EmbarkException reason) {
    for (ModelFunction function : ModelFunction.all()) {
      extensions.injectFunction(
          new Tuple3<>(new FunctionIdentifier(function.name()), function.info(), failing(reason)));
    }
    extensions.injectTableFunction(
        new Tuple3<>(
            new FunctionIdentifier(NearestFunction.NAME), NearestFunction.info(), failing(reason)));
  }

  /** Generic, since the type of the arguments differs between Scala versions. */
  private static <S, T> Function1<S, T> failing(EmbarkException reason) {
    return arguments -> {
      throw AnalysisErrors.of(reason);
    };
  }
}
