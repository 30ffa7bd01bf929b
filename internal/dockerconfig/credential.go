package dockerconfig

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// A Credential is what Docker keeps for one server. The zero Credential is
// anonymous. It prints as a mask, whatever the verb.
type Credential struct {
	Username, Password string
	// IdentityToken is exchanged for access tokens (OAuth 2 refresh token).
	IdentityToken string
	// RegistryToken is sent to the registry as it is.
	RegistryToken string
}

// IsZero reports whether c is anonymous.
func (c Credential) IsZero() bool { return c == Credential{} }

// String masks c.
func (c Credential) String() string {
	if c.IsZero() {
		return "anonymous"
	}
	return "***"
}

// GoString masks c.
func (c Credential) GoString() string { return c.String() }

// Format masks c for every verb, also for those that would look into it.
func (c Credential) Format(f fmt.State, _ rune) { io.WriteString(f, c.String()) }

// hubServer is the key under which Docker files what belongs to docker.io.
const hubServer = "https://index.docker.io/v1/"

const (
	helperTimeout = 2 * time.Minute // a helper may ask its user something
	maxAnswer     = 1 << 20
)

// Credential returns what f holds for the registry host ("docker.io",
// "localhost:5000"): by the host's own helper, else the store, else the file
// itself. No credential is the zero Credential, not an error.
func (f *File) Credential(ctx context.Context, host string) (Credential, error) {
	server := host
	if isHub(host) {
		server = hubServer
	}
	if helper := f.helper(host, server); helper != "" {
		c, err := ask(ctx, helper, server)
		if err != nil || !c.IsZero() {
			return c, err
		}
	}
	if c, ok := f.Auths[server]; ok {
		return c, nil
	}
	// Older clients filed a URL: the host in it counts.
	for _, key := range slices.Sorted(maps.Keys(f.Auths)) {
		if hostOf(key) == host || isHub(host) && isHub(hostOf(key)) {
			return f.Auths[key], nil
		}
	}
	return Credential{}, nil
}

func (f *File) helper(host, server string) string {
	for _, key := range []string{server, host} {
		if helper := f.CredHelpers[key]; helper != "" {
			return helper
		}
	}
	return f.CredsStore
}

func isHub(host string) bool {
	return host == "docker.io" || host == "index.docker.io" || host == "registry-1.docker.io"
}

// hostOf returns the host of a key of auths, which may be a URL.
func hostOf(key string) string {
	_, rest, ok := strings.Cut(key, "://")
	if !ok {
		rest = key
	}
	host, _, _ := strings.Cut(rest, "/")
	return host
}

// ask runs the helper program "docker-credential-NAME get" (docker's
// credential-helper protocol). Its output is a secret or may hold one, and is
// never part of an error.
func ask(ctx context.Context, name, server string) (Credential, error) {
	program := "docker-credential-" + name
	if strings.ContainsAny(name, `/\`) {
		return Credential{}, fmt.Errorf("credential helper %q: not the name of a program", program)
	}
	ctx, cancel := context.WithTimeout(ctx, helperTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "get")
	cmd.Stdin = strings.NewReader(server)
	cmd.WaitDelay = time.Second
	answer := &limited{max: maxAnswer}
	cmd.Stdout = answer
	if err := cmd.Run(); err != nil {
		if ctx.Err() == nil && bytes.Contains(answer.text, []byte("credentials not found")) {
			return Credential{}, nil
		}
		return Credential{}, fmt.Errorf("credential helper %s for %s: %w", program, server, cause(ctx, err))
	}
	var got struct{ ServerURL, Username, Secret string }
	if err := json.Unmarshal(answer.text, &got); err != nil {
		return Credential{}, fmt.Errorf("credential helper %s for %s: its answer is not the JSON of the protocol", program, server)
	}
	// The protocol marks an identity token by this user name.
	if got.Username == "<token>" {
		return Credential{IdentityToken: got.Secret}, nil
	}
	return Credential{Username: got.Username, Password: got.Secret}, nil
}

// cause prefers the reason a program was killed for over "signal: killed".
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// limited is a buffer that refuses to grow over max bytes.
type limited struct {
	text []byte
	max  int
}

func (l *limited) Write(p []byte) (int, error) {
	if len(l.text)+len(p) > l.max {
		return 0, errors.New("answer too long")
	}
	l.text = append(l.text, p...)
	return len(p), nil
}
