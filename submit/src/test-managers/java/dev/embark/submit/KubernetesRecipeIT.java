package dev.embark.submit;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;
import org.apache.spark.SecurityManager;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.k8s.KubernetesConf;
import org.apache.spark.deploy.k8s.KubernetesExecutorConf;
import org.apache.spark.deploy.k8s.SparkPod;
import org.apache.spark.resource.ResourceProfile;
import org.apache.spark.resource.ResourceProfile$;
import org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import scala.Option;

/**
 * The recipe for Kubernetes: what the spark-submit of Spark's distribution creates at an API
 * server, and the pods of the executors that the driver creates from it. No pod runs.
 */
@Tag("stores")
class KubernetesRecipeIT {
  private static final String IMAGE = "registry.example/embark:0.1.0";
  private static final Path RECIPE =
      Embark.jar().getParent().resolveSibling("recipes").resolve("kubernetes");

  @TempDir private Path folder;

  private PySpark spark;
  private MiniKubernetes kubernetes;

  @BeforeEach
  void start() throws Exception {
    spark = new PySpark();
    kubernetes = new MiniKubernetes();
  }

  @AfterEach
  void stop() {
    if (kubernetes != null) {
      kubernetes.close();
    }
  }

  @Test
  void theTemplateIsAPodOfTheApi() throws Exception {
    spark.validate(RECIPE.resolve("executor.yaml"));
  }

  @Test
  void thePodsAreThoseOfTheRecipe() throws Exception {
    submit();

    List<Pod> pods = kubernetes.all(Pod.class);
    List<ConfigMap> configurations = kubernetes.all(ConfigMap.class);
    List<Service> services = kubernetes.all(Service.class);
    assertThat(pods).hasSize(1);
    assertThat(configurations).isNotEmpty();
    assertThat(services).hasSize(1);
    for (HasMetadata created :
        Stream.of(pods, configurations, services).<HasMetadata>flatMap(List::stream).toList()) {
      validate(created);
    }
    Pod driver = pods.get(0);
    Container process = driver.getSpec().getContainers().get(0);
    assertThat(driver.getSpec().getServiceAccountName()).isEqualTo("spark");
    assertThat(process.getImage()).isEqualTo(IMAGE);
    assertThat(String.join(" ", process.getArgs()))
        .contains("--class dev.embark.job.EmbedJob local:///opt/spark/jars/embark-")
        .endsWith("--input s3a://lake/docs --text-column text --output s3a://lake/vectors");

    Pod executor = executor(driver);
    validate(executor);
    Container worker = executor.getSpec().getContainers().get(0);
    assertThat(worker.getImage()).isEqualTo(IMAGE);
    // 4 GB of heap and 4 GB of overhead.
    assertThat(worker.getResources().getLimits().get("memory")).isEqualTo(new Quantity("8192Mi"));
    assertThat(worker.getResources().getRequests().get("cpu")).isEqualTo(new Quantity("4"));
    assertThat(worker.getSecurityContext().getRunAsNonRoot()).isTrue();
    assertThat(worker.getSecurityContext().getAllowPrivilegeEscalation()).isFalse();
    assertThat(worker.getVolumeMounts())
        .extracting(VolumeMount::getMountPath)
        .contains("/var/embark");
    assertThat(worker.getEnv())
        .extracting(EnvVar::getValue)
        .contains("-Dorg.bytedeco.javacpp.cachedir=/var/embark/lib");
  }

  private void submit() throws Exception {
    Path defaults = Files.createDirectories(folder.resolve("spark-conf"));
    // No pod of this server ever ends.
    Files.writeString(
        defaults.resolve("spark-defaults.conf"),
        "spark.kubernetes.submission.waitAppCompletion false\n");
    Embark.Result result =
        Embark.start(
            folder,
            List.of(RECIPE.resolve("submit.sh").toString()),
            Map.of(
                "PATH",
                spark.programs() + ":" + System.getenv("PATH"),
                "JAVA_HOME",
                System.getProperty("java.home"),
                "SPARK_CONF_DIR",
                defaults.toString(),
                "KUBECONFIG",
                folder.resolve("none").toString(),
                "API",
                kubernetes.url(),
                "IMAGE",
                IMAGE,
                "INPUT",
                "s3a://lake/docs",
                "OUTPUT",
                "s3a://lake/vectors"));
    assertThat(result.exitCode()).as(result.err()).isZero();
  }

  /** Builds the pod of an executor as the driver does, from what its container has mounted. */
  private Pod executor(Pod driver) throws IOException {
    SparkConf conf = new SparkConf(false);
    Properties given = new Properties();
    given.load(new StringReader(mounted("spark.properties")));
    given.forEach((key, value) -> conf.set((String) key, (String) value));
    Path template = folder.resolve("template.yaml");
    Files.writeString(template, mounted("podspec-configmap-key"));
    conf.set("spark.kubernetes.executor.podTemplateFile", template.toString());
    KubernetesExecutorConf executor =
        KubernetesConf.createExecutorConf(
            conf,
            "1",
            conf.get("spark.app.id"),
            Option.apply(driver),
            ResourceProfile.DEFAULT_RESOURCE_PROFILE_ID());
    SparkPod pod;
    try (KubernetesClient api = new KubernetesClientBuilder().build()) {
      pod =
          new KubernetesExecutorBuilder()
              .buildFromFeatures(
                  executor,
                  new SecurityManager(
                      conf, Option.empty(), SecurityManager.$lessinit$greater$default$3()),
                  api,
                  ResourceProfile$.MODULE$.getOrCreateDefaultProfile(conf))
              .pod();
    }
    return new PodBuilder(pod.pod()).editSpec().addToContainers(pod.container()).endSpec().build();
  }

  private String mounted(String file) {
    return kubernetes.all(ConfigMap.class).stream()
        .map(ConfigMap::getData)
        .flatMap(data -> Stream.ofNullable(data.get(file)))
        .findFirst()
        .orElseThrow(() -> new AssertionError("No ConfigMap has " + file));
  }

  private void validate(HasMetadata resource) throws Exception {
    Path file = folder.resolve("resource.yaml");
    Files.writeString(file, Serialization.asYaml(resource));
    spark.validate(file);
  }
}
