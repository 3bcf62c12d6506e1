package dev.embark.spark;

import dev.embark.spark.catalyst.ExtractModelCalls;
import dev.embark.spark.catalyst.ModelFunction;
import dev.embark.spark.conf.EmbarkConf;
import dev.embark.spark.exec.ModelCallStrategy;
import org.apache.spark.sql.SparkSessionExtensions;
import org.apache.spark.sql.SparkSessionExtensionsProvider;
import scala.runtime.BoxedUnit;

/**
 * What Embark adds to a Spark session. Spark finds it through the service file of this jar; where
 * that is not read, {@code spark.sql.extensions=dev.embark.spark.EmbarkExtensions} names it.
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
