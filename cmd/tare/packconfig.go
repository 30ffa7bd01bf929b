package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"strconv"
	"strings"
	"time"

	"devops-go/internal/image"
	"devops-go/internal/pack"
	"devops-go/internal/registry"
)

// configFlags are the flags that become an image's configuration.
type configFlags struct {
	image.RunConfig
	annotations map[string]string
}

func (c *configFlags) define(fs *flag.FlagSet) {
	c.User = pack.DefaultUser
	fs.Func("entrypoint", "the entry point `COMMAND`; by default the executable", func(s string) (err error) {
		c.Entrypoint, err = parseCommand(s)
		return err
	})
	fs.Func("cmd", "default `ARGUMENTS`, used if the container is started without any", func(s string) (err error) {
		c.Cmd, err = parseCommand(s)
		return err
	})
	fs.Func("env", "set the environment variable `KEY=VALUE`; may be repeated", func(s string) error {
		if key, _, ok := strings.Cut(s, "="); !ok || key == "" {
			return fmt.Errorf("variable %q: want KEY=VALUE", s)
		}
		c.Env = append(c.Env, s)
		return nil
	})
	fs.Var((*userFlag)(&c.User), "user", "the user `UID[:GID]`")
	fs.StringVar(&c.WorkingDir, "workdir", "", "the working directory `DIR`")
	fs.Func("expose", "declare that the program listens on `PORT[/PROTOCOL]`; may be repeated", c.expose)
	fs.Func("label", "add the label `KEY=VALUE`; may be repeated", func(s string) error { return setPair(&c.Labels, s) })
	fs.Func("annotation", "add the annotation `KEY=VALUE` to manifests; may be repeated", func(s string) error { return setPair(&c.annotations, s) })
	fs.Func("healthcheck", "the health check `[OPTIONS] COMMAND`, or NONE; options as in a Dockerfile: --interval=D --timeout=D --start-period=D --start-interval=D --retries=N", func(s string) (err error) {
		c.Healthcheck, err = parseHealthcheck(s)
		return err
	})
	fs.Func("stop-signal", "stop the container with `SIGNAL`", c.stopSignal)
}

func (c *configFlags) expose(s string) error {
	port, protocol, ok := strings.Cut(s, "/")
	if !ok {
		protocol = "tcp"
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 || protocol != "tcp" && protocol != "udp" && protocol != "sctp" {
		return fmt.Errorf("port %q: want 1 to 65535, with /tcp, /udp or /sctp", s)
	}
	if c.ExposedPorts == nil {
		c.ExposedPorts = map[string]struct{}{}
	}
	c.ExposedPorts[strconv.FormatUint(n, 10)+"/"+protocol] = struct{}{}
	return nil
}

// stopSignal takes a signal by name or number, as Docker does.
func (c *configFlags) stopSignal(s string) error {
	if n, err := strconv.Atoi(s); err == nil && (n < 1 || n > 64) {
		return fmt.Errorf("signal %q: want 1 to 64", s)
	} else if err != nil && (!strings.HasPrefix(s, "SIG") || strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-") != "") {
		return fmt.Errorf("signal %q: want a name, as SIGTERM, or a number", s)
	}
	c.StopSignal = s
	return nil
}

func setPair(m *map[string]string, s string) error {
	key, value, ok := strings.Cut(s, "=")
	if !ok || key == "" {
		return fmt.Errorf("%q: want KEY=VALUE", s)
	}
	if *m == nil {
		*m = map[string]string{}
	}
	(*m)[key] = value
	return nil
}

// userFlag is a numeric user: an image of one program has no list of names.
type userFlag string

func (u *userFlag) String() string { return string(*u) }

func (u *userFlag) Set(s string) error {
	uid, gid, ok := strings.Cut(s, ":")
	_, err := strconv.ParseUint(uid, 10, 31)
	if ok && err == nil {
		_, err = strconv.ParseUint(gid, 10, 31)
	}
	if err != nil {
		return fmt.Errorf("user %q: want UID or UID:GID, in digits", s)
	}
	*u = userFlag(s)
	return nil
}

// parseCommand parses a JSON array of words, or words separated by spaces.
func parseCommand(s string) ([]string, error) {
	words := []string{}
	if strings.HasPrefix(strings.TrimSpace(s), "[") {
		if err := json.Unmarshal([]byte(s), &words); err != nil {
			return nil, fmt.Errorf("command %q: want a JSON array of strings", s)
		}
		return words, nil
	}
	return strings.Fields(s), nil
}

// parseHealthcheck parses what follows HEALTHCHECK in a Dockerfile. CMD goes
// without saying, and without a JSON array no shell is asked for: an image of
// one program has none.
func parseHealthcheck(s string) (*image.Healthcheck, error) {
	h := &image.Healthcheck{}
	rest := strings.TrimSpace(s)
	for strings.HasPrefix(rest, "--") {
		var option string
		option, rest, _ = strings.Cut(rest, " ")
		rest = strings.TrimSpace(rest)
		if err := setHealthcheck(h, option); err != nil {
			return nil, err
		}
	}
	if rest == "NONE" {
		h.Test = []string{"NONE"}
		return h, nil
	}
	if shell, ok := strings.CutPrefix(rest, "CMD-SHELL "); ok {
		h.Test = []string{"CMD-SHELL", strings.TrimSpace(shell)}
		return h, nil
	}
	words, err := parseCommand(strings.TrimPrefix(rest, "CMD "))
	if err != nil {
		return nil, err
	}
	if len(words) == 0 {
		return nil, errors.New("no command to check with")
	}
	h.Test = append([]string{"CMD"}, words...)
	return h, nil
}

func setHealthcheck(h *image.Healthcheck, option string) error {
	name, value, _ := strings.Cut(option, "=")
	if name == "--retries" {
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 {
			return fmt.Errorf("%s: want a number from 1", option)
		}
		h.Retries = n
		return nil
	}
	field := map[string]*time.Duration{
		"--interval": &h.Interval, "--timeout": &h.Timeout,
		"--start-period": &h.StartPeriod, "--start-interval": &h.StartInterval,
	}[name]
	if field == nil {
		return fmt.Errorf("option %s is unknown", option)
	}
	d, err := time.ParseDuration(value)
	if err != nil || d < time.Millisecond {
		return fmt.Errorf("%s: want a duration of at least 1ms, as 10s", option)
	}
	*field = d
	return nil
}

// addFlag is a list of files to add.
type addFlag []pack.Addition

func (a *addFlag) String() string { return "" }

func (a *addFlag) Set(s string) error {
	parsed, err := pack.ParseAddition(s)
	*a = append(*a, parsed)
	return err
}

// name is what the image is to be called.
func (p *packer) name(e *pack.Executable) (registry.Reference, error) {
	text, flag := p.tag, "--tag"
	if text == "" {
		text, flag = p.dest.push, "--push"
	}
	if text != "" {
		name, err := registry.ParseReference(text)
		if err == nil && !name.Digest().IsZero() {
			err = fmt.Errorf("%s: %w", text, errDigestChosen)
		}
		if err != nil {
			return name, &usageError{fmt.Errorf("pack: %s: %w", flag, err)}
		}
		return name, nil
	}
	name, err := registry.ParseReference(strings.ToLower(e.Name()))
	if err != nil {
		return name, &usageError{fmt.Errorf("pack: %q is no name for an image: name it with --tag", e.Name())}
	}
	return name, nil
}
