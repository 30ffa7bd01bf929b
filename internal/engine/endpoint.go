package engine

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"devops-go/internal/dockerconfig"
)

// defaultHost is where an engine listens unless told otherwise.
const defaultHost = "unix:///var/run/docker.sock"

// An Endpoint is where an engine listens.
type Endpoint struct {
	// Host is a URL: unix:///PATH, tcp://HOST:PORT, http:// or https://.
	Host string
	// Source says where Host comes from, such as DOCKER_HOST; empty for the default.
	Source string
	// TLS is the configuration of a connection by TLS; nil for one without,
	// unless Host is https://.
	TLS *tls.Config
	// Version fixes the version of the API; empty negotiates it.
	Version string
}

// String names the endpoint in messages.
func (e Endpoint) String() string {
	if e.Source == "" {
		return e.Host
	}
	return e.Host + " (" + e.Source + ")"
}

// Find returns the endpoint that the docker command would use: DOCKER_HOST,
// else the context that DOCKER_CONTEXT or the configuration file names, else
// the default socket.
func Find(getenv func(string) string) (Endpoint, error) {
	e, err := find(getenv)
	if err != nil {
		return Endpoint{}, fmt.Errorf("docker engine: %w", err)
	}
	e.Version = strings.TrimPrefix(getenv("DOCKER_API_VERSION"), "v")
	return e, nil
}

func find(getenv func(string) string) (Endpoint, error) {
	dir := dockerconfig.Dir(getenv)
	if host := getenv("DOCKER_HOST"); host != "" {
		e := Endpoint{Host: host, Source: "DOCKER_HOST"}
		if getenv("DOCKER_TLS_VERIFY") == "" || strings.HasPrefix(host, "unix:") {
			return e, nil
		}
		certs := getenv("DOCKER_CERT_PATH")
		if certs == "" {
			certs = dir
		}
		var err error
		e.TLS, err = tlsFrom(certs)
		return e, err
	}
	name, source := getenv("DOCKER_CONTEXT"), "DOCKER_CONTEXT"
	if name == "" {
		file, err := dockerconfig.Load(dir)
		if err != nil {
			return Endpoint{}, err
		}
		name, source = file.CurrentContext, "current context"
	}
	if name == "" || name == "default" {
		return Endpoint{Host: defaultHost}, nil
	}
	e, err := fromContext(dir, name)
	if err != nil {
		return Endpoint{}, fmt.Errorf("%s %q: %w", source, name, err)
	}
	return e, nil
}

// fromContext reads the context called name, as docker context stores it.
func fromContext(dir, name string) (Endpoint, error) {
	sum := sha256.Sum256([]byte(name))
	id := hex.EncodeToString(sum[:])
	file := filepath.Join(dir, "contexts", "meta", id, "meta.json")
	text, err := readFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return Endpoint{}, errors.New("there is no such context, see docker context ls")
	}
	if err != nil {
		return Endpoint{}, err
	}
	var meta struct {
		Endpoints map[string]struct {
			Host          string
			SkipTLSVerify bool
		}
	}
	if err := json.Unmarshal(text, &meta); err != nil {
		return Endpoint{}, fmt.Errorf("%s: %w", file, err)
	}
	docker := meta.Endpoints["docker"]
	e := Endpoint{Host: docker.Host, Source: fmt.Sprintf("context %q", name)}
	if e.Host == "" {
		e.Host = defaultHost
	}
	certs := filepath.Join(dir, "contexts", "tls", id, "docker")
	if _, err := os.Stat(certs); err != nil {
		if docker.SkipTLSVerify {
			e.TLS = &tls.Config{InsecureSkipVerify: true}
		}
		return e, nil
	}
	if e.TLS, err = tlsFrom(certs); err != nil {
		return Endpoint{}, err
	}
	e.TLS.InsecureSkipVerify = docker.SkipTLSVerify
	return e, nil
}

// tlsFrom reads Docker's ca.pem, cert.pem and key.pem in dir; without a ca.pem
// the system's roots count, without a cert.pem the client shows none.
func tlsFrom(dir string) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	name := filepath.Join(dir, "ca.pem")
	switch pem, err := readFile(name); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	default:
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s: holds no certificate", name)
		}
	}
	cert := filepath.Join(dir, "cert.pem")
	if _, err := os.Stat(cert); errors.Is(err, fs.ErrNotExist) {
		return config, nil
	}
	pair, err := keyPair(cert, filepath.Join(dir, "key.pem"))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", cert, err)
	}
	config.Certificates = []tls.Certificate{pair}
	return config, nil
}

func keyPair(certFile, keyFile string) (tls.Certificate, error) {
	cert, err := readFile(certFile)
	if err != nil {
		return tls.Certificate{}, err
	}
	key, err := readFile(keyFile)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.X509KeyPair(cert, key)
}

// maxFile bounds the files of Docker's configuration.
const maxFile = 1 << 20

func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(b) > maxFile {
		err = fmt.Errorf("%s: larger than %d bytes", name, maxFile)
	}
	return b, err
}

// dialTarget returns the network and address to dial, and the scheme of HTTP
// to speak there.
func (e Endpoint) dialTarget() (network, address, scheme string, err error) {
	kind, rest, ok := strings.Cut(e.Host, "://")
	if !ok {
		kind, rest = "tcp", e.Host
	}
	scheme = "http"
	if e.TLS != nil || kind == "https" {
		scheme = "https"
	}
	switch kind {
	case "unix":
		if rest == "" {
			rest = strings.TrimPrefix(defaultHost, "unix://")
		}
		return "unix", rest, "http", nil
	case "tcp", "http", "https":
		address, err = tcpAddress(rest, scheme)
		return "tcp", address, scheme, err
	case "ssh":
		return "", "", "", errors.New("ssh:// is not spoken here; forward the socket with ssh -L and set DOCKER_HOST=unix://PATH")
	case "npipe":
		return "", "", "", errors.New("npipe:// is Windows' and not spoken here; use tcp://")
	}
	return "", "", "", fmt.Errorf("unknown scheme %q; want unix://, tcp://, http:// or https://", kind)
}

// tcpAddress adds Docker's port to an address without one.
func tcpAddress(rest, scheme string) (string, error) {
	u, err := url.Parse("tcp://" + rest)
	if err != nil || u.Hostname() == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return "", errors.New("want HOST:PORT after the scheme")
	}
	port := u.Port()
	switch {
	case port != "":
	case scheme == "https":
		port = "2376"
	default:
		port = "2375"
	}
	return net.JoinHostPort(u.Hostname(), port), nil
}
