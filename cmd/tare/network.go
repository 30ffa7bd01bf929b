package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"

	"devops-go/internal/dockerconfig"
	"devops-go/internal/engine"
	"devops-go/internal/image"
	"devops-go/internal/registry"
)

// networkFlags say how registries are spoken to.
type networkFlags struct {
	plainHTTP   listFlag
	mirrors     mirrorFlag
	authRealms  listFlag
	uploadHosts listFlag

	// The clients are made once, however many images are opened, as each keeps
	// connections and tokens.
	once                       sync.Once
	registry                   *registry.Client
	engine                     *engine.Client
	registryError, engineError error
}

func (n *networkFlags) define(fs *flag.FlagSet) {
	n.mirrors = mirrorFlag{}
	fs.Var(&n.plainHTTP, "plain-http", "allow plain HTTP for the registry `HOST[:PORT]`; always allowed for loopback addresses")
	fs.Var(n.mirrors, "mirror", "try a mirror first, given as `REGISTRY=HOST[:PORT]`")
	fs.Var(&n.authRealms, "auth-realm", "also send credentials to a token service on `HOST[:PORT]`, if a registry asks for it")
}

// defineUpload adds the flag of commands that push.
func (n *networkFlags) defineUpload(fs *flag.FlagSet) {
	fs.Var(&n.uploadHosts, "upload-host", "also upload to `HOST[:PORT]`, if a registry redirects uploads there")
}

// connect gives opts the clients that answer for remote images. What is wrong
// with the Docker client's configuration is told when it is needed.
func (n *networkFlags) connect(opts *image.Options, needEngine, needRegistry bool) error {
	n.once.Do(n.makeClients)
	opts.Registry, opts.Engine = n.registry, n.engine
	switch {
	case needRegistry && n.registryError != nil:
		return n.registryError
	case needEngine:
		return n.engineError
	}
	return nil
}

func (n *networkFlags) makeClients() {
	config, err := dockerconfig.Load(dockerconfig.Dir(os.Getenv))
	o := registry.Options{
		PlainHTTP: n.plainHTTP, Mirrors: n.mirrors, AuthRealms: n.authRealms, UploadHosts: n.uploadHosts, UserAgent: userAgent(),
	}
	if err == nil {
		o.Credentials = config.Credential
	}
	n.registry, n.registryError = registry.New(o), err
	endpoint, err := engine.Find(os.Getenv)
	if err == nil {
		n.engine, err = engine.New(endpoint)
	}
	n.engineError = err
}

func userAgent() string {
	if version == "" {
		return "tare"
	}
	return "tare/" + version
}

// listFlag is a flag that may be given more than once.
type listFlag []string

func (l *listFlag) String() string { return strings.Join(*l, ",") }

func (l *listFlag) Set(s string) error {
	*l = append(*l, s)
	return nil
}

// mirrorFlag is the mirrors by registry.
type mirrorFlag map[string][]string

func (m mirrorFlag) String() string { return "" }

func (m mirrorFlag) Set(s string) error {
	host, mirror, ok := strings.Cut(s, "=")
	if !ok || host == "" || mirror == "" {
		return fmt.Errorf("mirror %q: want REGISTRY=HOST[:PORT]", s)
	}
	m[host] = append(m[host], mirror)
	return nil
}
