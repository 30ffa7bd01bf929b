package service

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"devops-go/internal/flags"
	"devops-go/internal/roots"
)

// Config is the service's whole configuration.
type Config struct {
	Host            string
	Port            string
	TLSCertFile     string
	TLSKeyFile      string
	Trust           roots.Options
	DrainDelay      time.Duration
	ShutdownTimeout time.Duration
	LogText         bool
	AccessLog       bool
	DebugEndpoints  bool
	MaxConnections  int64 // 0 derives the limit from the cgroup's memory limit
	TrustedProxies  []netip.Prefix
}

// A setting is one value of the configuration: an environment variable and a
// flag that mean the same.
type setting struct {
	env, flag, initial string
	trust              bool // says whom to trust
	arg, usage         string
	set                func(c *Config, value string) error
}

func settings() []setting {
	return []setting{
		{"HOST", "host", "0.0.0.0", false, "ADDRESS", "address to listen on; 0.0.0.0 and :: both mean every address, IPv4 and IPv6", setHost},
		{"PORT", "port", "8000", false, "PORT", "TCP port to listen on", setPort},
		{"TLS_CERT_FILE", "tls-cert-file", "", false, "FILE", "serve HTTPS with the certificate chain in this PEM file",
			func(c *Config, v string) error { c.TLSCertFile = v; return nil }},
		{"TLS_KEY_FILE", "tls-key-file", "", false, "FILE", "PEM file with the private key for it",
			func(c *Config, v string) error { c.TLSKeyFile = v; return nil }},
		{"EXTRA_CA_FILE", "extra-ca-file", "", true, "FILE", "PEM file of root certificates to trust in addition to all others",
			func(c *Config, v string) error { c.Trust.ExtraFile = v; return nil }},
		{"SSL_CERT_FILE", "ssl-cert-file", "", true, "FILE", "PEM file that replaces the system's bundle of roots",
			func(c *Config, v string) error { c.Trust.CertFile = v; return nil }},
		{"SSL_CERT_DIR", "ssl-cert-dir", "", true, "DIRECTORIES", "directories that replace the system's directories of roots, separated by colons",
			func(c *Config, v string) error { c.Trust.CertDir = v; return nil }},
		{"EMBEDDED_ROOTS", "embedded-roots", "true", true, "true|false", "trust the embedded roots",
			func(c *Config, v string) error {
				on, err := parseBool(v)
				c.Trust.NoEmbedded = !on
				return err
			}},
		{"DRAIN_DELAY", "drain-delay", "0s", false, "DURATION", "how long the port stays open after a stop signal, while /ready answers 503",
			func(c *Config, v string) error { return SetDuration(&c.DrainDelay, v) }},
		{"SHUTDOWN_TIMEOUT", "shutdown-timeout", "10s", false, "DURATION", "how long requests in flight may take to finish after the port has closed",
			func(c *Config, v string) error { return SetDuration(&c.ShutdownTimeout, v) }},
		{"LOG_FORMAT", "log-format", "json", false, "json|text", "write the log as JSON objects, one per line, or as key=value pairs", setLogFormat},
		{"ACCESS_LOG", "access-log", "false", false, "true|false", "log every request",
			func(c *Config, v string) (err error) { c.AccessLog, err = parseBool(v); return err }},
		{"DEBUG_ENDPOINTS", "debug-endpoints", "false", false, "true|false", "answer GET /env and GET /headers, with secrets masked",
			func(c *Config, v string) (err error) { c.DebugEndpoints, err = parseBool(v); return err }},
		{"MAX_CONNECTIONS", "max-connections", "", false, "N", "answer 503 to connections beyond N; without it, N follows from the cgroup's memory limit", setMaxConnections},
		{"TRUSTED_PROXIES", "trusted-proxies", "", false, "CIDRS", "CIDRs of the proxies whose X-Forwarded-For is believed, separated by commas", setProxies},
	}
}

// Flags returns a configuration with the values that the environment gives, and
// the flags that change it; with trustOnly, only the settings that say whom to
// trust. A variable that is set but empty counts as not set.
func Flags(getenv func(string) string, trustOnly bool) (*Config, []flags.Flag, error) {
	c := new(Config)
	var declared []flags.Flag
	for _, s := range settings() {
		if trustOnly && !s.trust {
			continue
		}
		value := getenv(s.env)
		if value == "" {
			value = s.initial
		}
		if value != "" {
			if err := s.set(c, value); err != nil {
				return nil, nil, fmt.Errorf("%s=%q: %w", s.env, value, err)
			}
		}
		usage := s.usage + " (" + s.env
		if s.initial != "" {
			usage += "; " + s.initial
		}
		declared = append(declared, flags.Flag{Name: s.flag, Arg: s.arg, Usage: usage + ")",
			Optional: s.arg == "true|false", Set: func(v string) error { return s.set(c, v) }})
	}
	return c, declared, nil
}

// Check reports what is wrong between settings, or with the files they name.
func (c *Config) Check() error {
	if c.TLSCertFile != "" && c.TLSKeyFile == "" {
		return fmt.Errorf("TLS_CERT_FILE=%q: want TLS_KEY_FILE too", c.TLSCertFile)
	}
	if c.TLSKeyFile != "" && c.TLSCertFile == "" {
		return fmt.Errorf("TLS_KEY_FILE=%q: want TLS_CERT_FILE too", c.TLSKeyFile)
	}
	return roots.Check(c.Trust)
}

// LoopbackHost is where this machine reaches the service.
func (c *Config) LoopbackHost() string {
	if addr, err := netip.ParseAddr(c.Host); err == nil && addr.IsUnspecified() {
		if addr.Is6() {
			return "::1"
		}
		return "127.0.0.1"
	}
	return c.Host
}

// TLS reports whether the service speaks HTTPS.
func (c *Config) TLS() bool { return c.TLSCertFile != "" }

func setHost(c *Config, v string) error {
	host := strings.TrimSuffix(strings.TrimPrefix(v, "["), "]")
	if _, err := netip.ParseAddr(host); err != nil && host != "localhost" {
		return errors.New("want an IP address such as 0.0.0.0, 127.0.0.1 or ::, or localhost")
	}
	c.Host = host
	return nil
}

func setPort(c *Config, v string) error {
	if n, err := strconv.ParseUint(v, 10, 16); err != nil || n == 0 {
		return errors.New("want a port from 1 to 65535")
	}
	c.Port = v
	return nil
}

// SetDuration sets *d to a duration that is not negative.
func SetDuration(d *time.Duration, v string) error {
	parsed, err := time.ParseDuration(v)
	if err != nil || parsed < 0 {
		return errors.New("want a duration such as 500ms, 5s or 1m")
	}
	*d = parsed
	return nil
}

func parseBool(v string) (bool, error) {
	on, err := strconv.ParseBool(v)
	if err != nil {
		return false, errors.New("want true or false")
	}
	return on, nil
}

func setLogFormat(c *Config, v string) error {
	if v != "json" && v != "text" {
		return errors.New("want json or text")
	}
	c.LogText = v == "text"
	return nil
}

func setMaxConnections(c *Config, v string) (err error) {
	if c.MaxConnections, err = strconv.ParseInt(v, 10, 32); err != nil || c.MaxConnections < 1 {
		return errors.New("want a number from 1")
	}
	return nil
}

func setProxies(c *Config, v string) error {
	c.TrustedProxies = nil
	for item := range strings.SplitSeq(v, ",") {
		item = strings.TrimSpace(item)
		prefix, err := netip.ParsePrefix(item)
		if err != nil {
			addr, addrErr := netip.ParseAddr(item)
			if addrErr != nil {
				return errors.New("want addresses or CIDRs separated by commas, such as 10.0.0.0/8,::1")
			}
			prefix = netip.PrefixFrom(addr, addr.BitLen())
		}
		c.TrustedProxies = append(c.TrustedProxies, prefix)
	}
	return nil
}
