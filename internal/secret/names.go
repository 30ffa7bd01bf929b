package secret

import (
	"path"
	"strings"
)

// LooksSensitive reports whether the small file at p is worth a look for its name:
// it may be a secret.
func LooksSensitive(p string) bool {
	base := path.Base(p)
	if what, _ := CredentialFile(p); what != "" {
		return true
	}
	return IsKeyName(base) || IsDotEnv(base)
}

// IsKeyName holds for names that private keys go by.
func IsKeyName(base string) bool {
	switch base {
	case "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "id_ecdsa_sk", "id_ed25519_sk", "identity", "privkey.pem", "private.pem", "private.key",
		"server.key", "client.key", "tls.key", "ca.key":
		return true
	}
	return strings.HasSuffix(base, "-key.pem") || strings.HasSuffix(base, ".ppk")
}

// IsDotEnv holds for .env and .env.production, not for .env.example.
func IsDotEnv(base string) bool {
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

// IsSample reports whether the file is there to show or to test something, so
// that its keys are open to all anyway.
func IsSample(p string) bool {
	for dir := range strings.SplitSeq(path.Dir(p), "/") {
		switch dir {
		case "testdata", "examples", "example", "test-fixtures", "fixtures":
			return true
		}
	}
	if InLibrary(p) {
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

// CredentialFile returns what credentials the file at p has by its name, and the
// words of which it holds one, with a value, if it really has some; "" for other
// files.
func CredentialFile(p string) (what, signs string) {
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

// IsInstalled holds for what languages' package managers install, and for the
// libraries that a program keeps a copy of.
func IsInstalled(p string) bool {
	for _, place := range []string{"third_party/", "third-party/", "vendored/", "_vendor/", "node_modules/", "site-packages/", "dist-packages/", "gems/", "go/pkg/mod/", ".cargo/registry/", "cargo/registry/", ".m2/repository/"} {
		if strings.Contains(p, place) {
			return true
		}
	}
	return false
}

// InLibrary holds for what IsInstalled holds for, and for the libraries that
// languages come with.
func InLibrary(p string) bool {
	if IsInstalled(p) {
		return true
	}
	p = strings.TrimPrefix(strings.TrimPrefix(p, "usr/"), "local/")
	for _, place := range []string{"lib/python", "lib/ruby/", "lib/go/", "lib/go-", "share/go-", "go/", "lib/node/", "lib/nodejs/", "share/nodejs/", "share/perl", "lib/php/", "share/php/", "lib/erlang/", "lib/jvm/", "lib/rustlib/"} {
		if strings.HasPrefix(p, place) {
			return true
		}
	}
	return strings.HasPrefix(p, "lib/") && strings.Contains(p, "/perl")
}

// IsLibrarySample reports whether the file is a library's own test or
// demonstration, whose keys are open to all; IsSample doesn't hold for it.
func IsLibrarySample(p string) bool {
	base := path.Base(p)
	if isSystem(p) && strings.HasPrefix(base, "lib") && (strings.HasSuffix(base, ".a") || strings.HasSuffix(base, ".so") || strings.Contains(base, ".so.")) {
		return true // the keys with which GnuTLS tests itself
	}
	if !InLibrary(p) && !isSystem(p) {
		return false
	}
	if strings.Contains(base, "_test.") || strings.Contains(base, ".test.") || strings.Contains(base, ".spec.") || strings.HasPrefix(base, "test_") {
		return true
	}
	for dir := range strings.SplitSeq(path.Dir(p), "/") {
		switch dir {
		case "test", "tests", "t", "testing", "__tests__", "spec", "specs", "demo", "demos", "sample", "samples":
			return true
		}
	}
	return false
}

// Holds reports whether text has one of the signs, and something after it that
// doesn't only stand for a value.
func Holds(text, signs string) bool {
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
