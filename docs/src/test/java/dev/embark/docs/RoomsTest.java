package dev.embark.docs;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Holds the packages of Embark to the table of rooms in docs/architecture.md. */
class RoomsTest {
  private static final String ROOT = "dev.embark.";
  private static final String BINDING = "dev.embark.llama.Llama";

  private static final int MOST_CLASSES = 25;

  private static final Pattern ROW =
      Pattern.compile("(?m)^\\|[^|]*\\| `dev\\.embark\\.([\\w.]+)` \\|[^|]*\\| ([^|]*) \\|$");
  private static final Pattern NAME = Pattern.compile("`([\\w.]+)`");

  // The converter of the default model runs at build time and is in no jar.
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(location -> !location.contains("dev/embark/model/convert"))
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.embark");

  /** Rooms and the rooms that each may use, as architecture.md has them. */
  private static final Map<String, Set<String>> ROOMS = documented();

  private static Map<String, Set<String>> documented() {
    Map<String, Set<String>> rooms = new TreeMap<>();
    Matcher row = ROW.matcher(Markdown.of("docs/architecture.md").text());
    while (row.find()) {
      Set<String> uses =
          NAME.matcher(row.group(2))
              .results()
              .map(name -> name.group(1))
              .collect(Collectors.toCollection(TreeSet::new));
      rooms.put(row.group(1), uses);
    }
    return rooms;
  }

  @Test
  void everyPackageHasARowInTheTable() {
    Set<String> packages =
        CLASSES.stream().map(RoomsTest::room).collect(Collectors.toCollection(TreeSet::new));

    assertThat(ROOMS.keySet()).isEqualTo(packages);
  }

  @Test
  void aRoomUsesOnlyTheRoomsThatItsRowNames() {
    Map<String, Set<String>> undocumented = new TreeMap<>();
    for (JavaClass owner : CLASSES) {
      owner.getDirectDependenciesFromSelf().stream()
          .map(dependency -> dependency.getTargetClass().getBaseComponentType())
          .filter(target -> target.getPackageName().startsWith(ROOT))
          .filter(target -> !room(target).equals(room(owner)))
          .filter(target -> !ROOMS.get(room(owner)).contains(room(target)))
          .forEach(
              target ->
                  undocumented
                      .computeIfAbsent(
                          room(owner) + " uses " + room(target), use -> new TreeSet<>())
                      .add(owner.getSimpleName() + " -> " + target.getSimpleName()));
    }

    assertThat(undocumented).isEmpty();
  }

  @Test
  void theTableNamesNoUseThatIsGone() {
    Map<String, Set<String>> used = new TreeMap<>();
    ROOMS.keySet().forEach(room -> used.put(room, new TreeSet<>()));
    for (JavaClass owner : CLASSES) {
      owner.getDirectDependenciesFromSelf().stream()
          .map(dependency -> dependency.getTargetClass().getBaseComponentType())
          .filter(target -> target.getPackageName().startsWith(ROOT))
          .map(RoomsTest::room)
          .filter(target -> !target.equals(room(owner)))
          .forEach(used.get(room(owner))::add);
    }

    assertThat(ROOMS).isEqualTo(used);
  }

  @Test
  void roomsHaveNoCycles() {
    SlicesRuleDefinition.slices()
        .matching("dev.embark.(**)")
        .should()
        .beFreeOfCycles()
        .check(CLASSES);
  }

  @Test
  void aRoomHasAtMost25Classes() {
    Map<String, Long> classes =
        CLASSES.stream()
            .filter(type -> type.isTopLevelClass() && !type.getSimpleName().equals("package-info"))
            .collect(Collectors.groupingBy(RoomsTest::room, TreeMap::new, Collectors.counting()));

    assertThat(classes)
        .allSatisfy((room, count) -> assertThat(count).isLessThanOrEqualTo(MOST_CLASSES));
  }

  @Test
  void onlyTheHandlesCallTheGeneratedBinding() {
    ArchRuleDefinition.noClasses()
        .that()
        .resideOutsideOfPackage("dev.embark.llama..")
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName(BINDING)
        .check(CLASSES);
  }

  @Test
  void theEngineAndTheModelStoreKnowNoSpark() {
    ArchRuleDefinition.noClasses()
        .that()
        .resideInAnyPackage(
            "dev.embark.gguf..", "dev.embark.llama..", "dev.embark.engine..", "dev.embark.store..")
        .should()
        .dependOnClassesThat(
            DescribedPredicate.describe(
                "belong to Spark or to a module above",
                type ->
                    type.getPackageName().startsWith("org.apache.spark")
                        || Arrays.asList("spark", "job", "submit").contains(module(type))))
        .check(CLASSES);
  }

  @Test
  void modulesDependOneWay() {
    ArchRuleDefinition.noClasses()
        .that()
        .resideInAnyPackage("dev.embark.spark..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.embark.job..", "dev.embark.submit..")
        .check(CLASSES);
    ArchRuleDefinition.noClasses()
        .that()
        .resideInAnyPackage("dev.embark.job..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.embark.submit..")
        .check(CLASSES);
  }

  private static String room(JavaClass type) {
    return type.getPackageName().substring(ROOT.length());
  }

  private static String module(JavaClass type) {
    return type.getPackageName().startsWith(ROOT) ? room(type).split("\\.", 2)[0] : "";
  }
}
