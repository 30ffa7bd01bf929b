// Package dockerconfig reads the Docker client's configuration: credentials, stored
// or provided by credential helpers, and the current context. It never writes.
// Packages registry and engine use what it finds.
package dockerconfig

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxSize bounds the configuration file; real ones have a few kilobytes.
const maxSize = 4 << 20

// A File is what Docker's config.json says about registries and contexts.
type File struct {
	// Auths holds the credentials kept in the file itself, by server.
	Auths map[string]Credential
	// CredHelpers names the helper program, without "docker-credential-", by server.
	CredHelpers map[string]string
	// CredsStore names the helper program for every other server, or is empty.
	CredsStore string
	// CurrentContext names the context in use; empty and "default" mean none.
	CurrentContext string
}

// Dir returns the directory of Docker's client configuration: DOCKER_CONFIG,
// else .docker in the home directory. It returns "" where there is neither.
func Dir(getenv func(string) string) string {
	if dir := getenv("DOCKER_CONFIG"); dir != "" {
		return dir
	}
	if home := getenv("HOME"); home != "" {
		return filepath.Join(home, ".docker")
	}
	return ""
}

// Load reads config.json in dir. A missing file, and an empty dir, are an empty
// configuration.
func Load(dir string) (*File, error) {
	if dir == "" {
		return &File{}, nil
	}
	name := filepath.Join(dir, "config.json")
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return &File{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("docker configuration: %w", err)
	}
	defer f.Close()
	file, err := Parse(f)
	if err != nil {
		return nil, fmt.Errorf("docker configuration %s: %w", name, err)
	}
	return file, nil
}

// Parse reads a config.json. Its errors name servers and fields, never values:
// what is malformed may be a secret.
func Parse(r io.Reader) (*File, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxSize+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxSize {
		return nil, fmt.Errorf("longer than %d bytes", maxSize)
	}
	if len(strings.TrimSpace(string(text))) == 0 {
		return &File{}, nil
	}
	var raw struct {
		Auths          map[string]auth   `json:"auths"`
		CredHelpers    map[string]string `json:"credHelpers"`
		CredsStore     string            `json:"credsStore"`
		CurrentContext string            `json:"currentContext"`
	}
	if err := json.Unmarshal(text, &raw); err != nil {
		return nil, jsonError(err)
	}
	file := &File{
		Auths:          make(map[string]Credential, len(raw.Auths)),
		CredHelpers:    raw.CredHelpers,
		CredsStore:     raw.CredsStore,
		CurrentContext: raw.CurrentContext,
	}
	for server, a := range raw.Auths {
		c, err := a.credential()
		if err != nil {
			return nil, fmt.Errorf("auths[%q]: %w", server, err)
		}
		file.Auths[server] = c
	}
	return file, nil
}

// auth is one entry of auths as the file spells it.
type auth struct {
	Auth          string `json:"auth"`
	Username      string `json:"username"`
	Password      string `json:"password"`
	IdentityToken string `json:"identitytoken"`
	RegistryToken string `json:"registrytoken"`
}

func (a auth) credential() (Credential, error) {
	c := Credential{
		Username:      a.Username,
		Password:      a.Password,
		IdentityToken: a.IdentityToken,
		RegistryToken: a.RegistryToken,
	}
	if a.Auth == "" {
		return c, nil
	}
	pair, err := base64.StdEncoding.DecodeString(a.Auth)
	if err != nil {
		return Credential{}, errors.New(`field "auth" is not base64`)
	}
	user, password, ok := strings.Cut(string(pair), ":")
	if !ok || user == "" {
		return Credential{}, errors.New(`field "auth" does not hold USER:PASSWORD`)
	}
	// Some tools pad the decoded pair with zero bytes; Docker takes them off.
	c.Username, c.Password = user, strings.TrimRight(password, "\x00")
	return c, nil
}

// jsonError keeps the place of a JSON error and drops what it quotes.
func jsonError(err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("malformed JSON at byte %d", syntax.Offset)
	}
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		return fmt.Errorf("field %q: want %s", kind.Field, kind.Type)
	}
	return errors.New("malformed JSON")
}
