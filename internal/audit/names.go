package audit

import (
	"path"
	"strings"

	"devops-go/internal/secret"
)

// cacheOf returns the package manager whose cache the file at p is in; ""
// outside of caches. System tells the distributions' from the languages'.
func cacheOf(p string) (manager string, system bool) {
	for _, c := range []struct {
		dir, manager string
		system       bool
	}{
		{"var/lib/apt/lists/", "apt", true},
		{"var/cache/apt/", "apt", true},
		{"var/cache/apk/", "apk", true},
		{"etc/apk/cache/", "apk", true},
		{"var/cache/dnf/", "dnf", true},
		{"var/cache/libdnf5/", "dnf", true},
		{"var/cache/yum/", "yum", true},
		{"var/cache/zypp/", "zypper", true},
		{"var/cache/pacman/pkg/", "pacman", true},
		{".cache/pip/", "pip", false},
		{".cache/uv/", "uv", false},
		{".cache/pypoetry/", "poetry", false},
		{".npm/_cacache/", "npm", false},
		{".cache/yarn/", "yarn", false},
		{"usr/local/share/.cache/yarn/", "yarn", false},
		{".yarn/cache/", "yarn", false},
		{".local/share/pnpm/store/", "pnpm", false},
		{".cache/go-build/", "go build", false},
		{"go/pkg/mod/cache/", "go modules", false},
		{".cargo/registry/", "cargo", false},
		{"usr/local/cargo/registry/", "cargo", false},
		{".gradle/caches/", "gradle", false},
		{".m2/repository/", "maven", false},
		{".composer/cache/", "composer", false},
		{".cache/composer/", "composer", false},
		{".cache/bazel/", "bazel", false},
		{".nuget/packages/", "nuget", false},
		{".gem/specs/", "gem", false},
		{"opt/conda/pkgs/", "conda", false},
	} {
		if strings.HasPrefix(p, c.dir) || !c.system && strings.Contains(p, "/"+c.dir) {
			return c.manager, c.system
		}
	}
	return "", false
}

// buildTool returns the kit that the program at p is of; "" for others.
func buildTool(p string) string {
	dir, base := path.Split(p)
	if strings.HasSuffix(dir, "/pkg/tool/"+path.Base(dir)+"/") && base == "compile" {
		return "Go"
	}
	switch path.Base(dir) {
	case "bin", "sbin", "usr/bin":
	default:
		if base == "cc1" || base == "cc1plus" {
			return "C compiler"
		}
		return ""
	}
	// Debian's names carry the machine and the version: x86_64-linux-gnu-gcc-12.
	name := base
	if i := strings.LastIndex(name, "-gnu-"); i >= 0 {
		name = name[i+len("-gnu-"):]
	}
	if i := strings.LastIndex(name, "-"); i > 0 && strings.Trim(name[i+1:], "0123456789.") == "" {
		name = name[:i]
	}
	switch name {
	case "gcc", "cc", "g++", "c++", "clang", "clang++", "tcc":
		return "C compiler"
	case "ld", "ld.bfd", "ld.gold", "lld", "as":
		return "assembler and linker"
	case "make", "gmake", "cmake", "ninja", "meson", "autoconf", "automake", "bazel":
		return "make"
	case "go", "gofmt":
		return "Go"
	case "rustc", "cargo", "rustup":
		return "Rust"
	case "javac":
		return "JDK"
	case "mvn", "gradle", "sbt", "ant":
		return "JVM build tool"
	case "ghc", "ocamlc", "gnatmake", "gfortran", "dmd", "zig", "swiftc", "dotnet-sdk":
		return "compiler"
	case "gdb", "strace":
		return "debugger"
	}
	return ""
}

// isSource holds for files of languages that are compiled.
func isSource(p string) bool {
	switch path.Ext(p) {
	case ".go", ".c", ".cc", ".cpp", ".cxx", ".rs", ".java", ".kt", ".scala", ".swift", ".cs", ".hs", ".zig":
	default:
		switch path.Base(p) {
		case "go.mod", "Cargo.toml", "pom.xml", "CMakeLists.txt":
		default:
			return false
		}
	}
	return !secret.IsInstalled(p) && !strings.HasPrefix(p, "usr/share/") && !strings.HasPrefix(p, "usr/include/") && !strings.HasPrefix(p, "usr/lib/")
}
