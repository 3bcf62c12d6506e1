package dev.embark.llama;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LibraryOwnersTest {
  private static final LibraryOwners OTHERS = new LibraryOwners(Set.of(-1));

  @TempDir Path dir;
  private Path library;
  private LibraryOwners own;

  @BeforeEach
  void make() throws IOException {
    library = Files.createFile(dir.resolve("lib.so"));
    own = LibraryOwners.of(dir);
  }

  @ParameterizedTest
  @ValueSource(strings = {"rwx------", "r--r--r--", "rwxr-xr-x"})
  void whatItsOwnerAloneCanWriteToIsTrusted(String permissions) throws IOException {
    set(library, permissions);
    own.check(library);
    own.check(dir);
  }

  @Test
  void whatBelongsToAnotherUserIsRefused() {
    assertThatThrownBy(() -> OTHERS.check(library))
        .isInstanceOf(LibraryOwners.Untrusted.class)
        .hasMessage(library + " belongs to the user " + System.getProperty("user.name"));
    assertThatThrownBy(() -> OTHERS.check(dir)).isInstanceOf(LibraryOwners.Untrusted.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"rwxrwxrwx", "rw-rw-rw-", "rwx----w-"})
  void worldWritableLibrariesAreRefused(String permissions) throws IOException {
    set(library, permissions);
    assertThatThrownBy(() -> own.check(library))
        .hasMessage(library + " has the permissions " + permissions);
  }

  @Test
  void aDirectoryOfItsOwnMayBeInOneOfAll() throws IOException {
    Path deep = Files.createDirectories(dir.resolve("all/own/deep"));
    set(dir.resolve("all"), "rwxrwxrwx");
    own.check(deep);
    assertThatThrownBy(() -> own.check(dir.resolve("all")))
        .isInstanceOf(LibraryOwners.Untrusted.class);
  }

  @Test
  void aLinkIsNoLibrary() throws IOException {
    Path link = Files.createSymbolicLink(dir.resolve("link.so"), library);
    assertThatThrownBy(() -> own.check(link)).hasMessage(link + " is a symbolic link");
  }

  private static void set(Path path, String permissions) throws IOException {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
  }
}
