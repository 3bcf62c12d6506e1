package dev.embark.spark;

import dev.embark.spark.catalyst.ExtractModelCalls;
import dev.embark.spark.catalyst.ModelFunction;
import dev.embark.spark.conf.EmbarkConf;
import dev.embark.spark.exec.ModelCallStrategy;
import org.apache.spark.sql.SparkSessionExtensions;
import org.apache.spark.sql.SparkSessionExtensionsProvider;
import scala.runtime.BoxedUnit;

/**
 * Spark session extension that registers Embark's SQL functions, optimizer rule and planner
 * strategy. Spark discovers it through the service file of this jar; on platforms that ignore
 * service files, set {@code spark.sql.extensions=dev.embark.spark.EmbarkExtensions}.
 */
public final class EmbarkExtensions implements SparkSessionExtensionsProvider {
  @Override
  public BoxedUnit apply(SparkSessionExtensions extensions) {
    EmbarkConf.register();
    for (ModelFunction function : ModelFunction.all()) {
      extensions.injectFunction(function.description());
    }
    extensions.injectPreCBORule(session -> new ExtractModelCalls());
    extensions.injectPlannerStrategy(session -> new ModelCallStrategy());
    return BoxedUnit.UNIT;
  }
}
