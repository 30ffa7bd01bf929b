package audit

import (
	"path"
	"strings"
)

// promises reports whether the small file at p is worth a look for its name:
// it may be a secret.
func promises(p string) bool {
	base := path.Base(p)
	if what, _ := credentialFile(p); what != "" {
		return true
	}
	return isKeyName(base) || isDotEnv(base)
}

// isKeyName holds for names that private keys go by.
func isKeyName(base string) bool {
	switch base {
	case "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "id_ecdsa_sk", "id_ed25519_sk", "identity", "privkey.pem", "private.pem", "private.key",
		"server.key", "client.key", "tls.key", "ca.key":
		return true
	}
	return strings.HasSuffix(base, "-key.pem") || strings.HasSuffix(base, ".ppk")
}

// isDotEnv holds for .env and .env.production, not for .env.example.
func isDotEnv(base string) bool {
	if base == ".env" {
		return true
	}
	kind, ok := strings.CutPrefix(base, ".env.")
	return ok && !isSampleWord(kind)
}

func isSampleWord(word string) bool {
	switch word {
	case "example", "sample", "template", "tmpl", "dist", "defaults", "schema", "test", "testing", "ci":
		return true
	}
	return strings.HasSuffix(word, ".example") || strings.HasSuffix(word, ".sample") || strings.HasSuffix(word, ".template") || strings.HasSuffix(word, ".dist")
}

// isSample reports whether the file is there to show or to test something, so
// that its keys are open to all anyway.
func isSample(p string) bool {
	for dir := range strings.SplitSeq(path.Dir(p), "/") {
		switch dir {
		case "testdata", "examples", "example", "test-fixtures", "fixtures":
			return true
		}
	}
	if isLibrary(p) {
		switch base := path.Base(p); base {
		case "METADATA", "PKG-INFO":
			return true
		default:
			if ext := path.Ext(base); ext == ".md" || ext == ".rst" {
				return true
			}
		}
	}
	return strings.HasPrefix(p, "usr/share/doc/") || strings.HasPrefix(p, "usr/share/man/") ||
		strings.HasPrefix(p, "usr/local/go/src/") || isSampleWord(strings.TrimPrefix(path.Ext(p), "."))
}

// credentialFile returns what credentials the file at p has by its name, and the
// words of which it holds one, with a value, if it really has some; "" for other
// files.
func credentialFile(p string) (what, signs string) {
	for _, c := range []struct{ suffix, what, signs string }{
		{".aws/credentials", "AWS credentials", "aws_secret_access_key"},
		{".docker/config.json", "registry credentials", `"auth" "identitytoken" "registrytoken"`},
		{".dockercfg", "registry credentials", `"auth"`},
		{"auth.json", "registry or Composer credentials", `"auth" "identitytoken" "http-basic" "github-oauth" "gitlab-token" "bearer"`},
		{".netrc", "logins of .netrc", "password"},
		{"_netrc", "logins of .netrc", "password"},
		{".npmrc", "npm credentials", "_authToken _auth= _password"},
		{".yarnrc.yml", "npm credentials", "npmAuthToken"},
		{".pypirc", "PyPI credentials", "password"},
		{".git-credentials", "git credentials", "@"},
		{".config/gcloud/application_default_credentials.json", "Google Cloud credentials", "refresh_token"},
		{".config/gcloud/credentials.db", "Google Cloud credentials", ""},
		{".azure/accessTokens.json", "Azure credentials", "oken"},
		{".azure/msal_token_cache.json", "Azure credentials", "secret"},
		{".kube/config", "Kubernetes credentials", "users:"},
		{".pgpass", "PostgreSQL passwords", ":"},
		{".my.cnf", "MySQL passwords", "password"},
		{".config/gh/hosts.yml", "GitHub credentials", "oauth_token"},
		{"terraform.tfstate", "a Terraform state", `"resources"`},
		{".terraformrc", "Terraform credentials", "token"},
		{".terraform.d/credentials.tfrc.json", "Terraform credentials", "token"},
		{".vault-token", "a Vault token", ""},
		{".gem/credentials", "RubyGems credentials", ":"},
		{".cargo/credentials", "crates.io credentials", "token"},
		{".cargo/credentials.toml", "crates.io credentials", "token"},
		{".m2/settings.xml", "Maven credentials", "<password>"},
		{".config/rclone/rclone.conf", "rclone credentials", "["},
		{".s3cfg", "S3 credentials", "secret_key"},
		{".htpasswd", "password hashes", ""},
	} {
		if p == c.suffix || strings.HasSuffix(p, "/"+c.suffix) {
			return c.what, c.signs
		}
	}
	return "", ""
}

// isSettings holds for files in which programs keep URLs with their passwords,
// and not for those of libraries, which show how.
func isSettings(p string) bool {
	if isLibrary(p) {
		return false
	}
	switch path.Ext(p) {
	case ".yml", ".yaml", ".json", ".toml", ".ini", ".conf", ".cfg", ".config", ".properties", ".env":
		return true
	}
	return strings.HasSuffix("/"+p, "/.git/config")
}

// isLibrary holds for what languages' package managers install.
func isLibrary(p string) bool {
	for _, place := range []string{"node_modules/", "site-packages/", "dist-packages/", "gems/"} {
		if strings.Contains(p, place) {
			return true
		}
	}
	return false
}

// holds reports whether text has one of the signs, and something after it that
// doesn't only stand for a value.
func holds(text, signs string) bool {
	if signs == "" {
		return true
	}
	for sign := range strings.FieldsSeq(signs) {
		for rest := text; ; {
			_, after, ok := strings.Cut(rest, sign)
			if !ok {
				break
			}
			value := strings.TrimLeft(after, " \t\r\n:='\"")
			if value != "" && !strings.ContainsAny(value[:1], "<,;}]") && !strings.HasPrefix(value, "{{") && !strings.HasPrefix(value, "{}") && !isVariable(value) {
				return true
			}
			rest = after
		}
	}
	return false
}

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
	return !isLibrary(p) && !strings.HasPrefix(p, "usr/share/") && !strings.HasPrefix(p, "usr/include/") && !strings.HasPrefix(p, "usr/lib/")
}
