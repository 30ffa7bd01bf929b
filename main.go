/*
App is devops-info-service: a small HTTP service that describes the machine it
runs on, and the commands that replace a shell where the image has none.

	app [serve] [flags]          serve until SIGTERM or SIGINT
	app healthcheck [flags]      ask the server of the same configuration; exit 0 or 1
	app info                     what GET / says, without a server
	app version                  version, revision, Go, size, roots
	app get [flags] URL          fetch a URL; the body goes to standard output
	app dns [flags] NAME         look a name or an address up
	app tcp [flags] HOST:PORT    try a connection
	app tls [flags] HOST[:PORT]  show the chain of certificates as verified
	app roots [flags]            who is trusted, and why
	app help [COMMAND]           this, or a command's flags

Flags and environment variables of the same meaning configure all of them; the
flag wins. Exit status: 0 is success; 1 an unhealthy answer, an HTTP status of
400 and above, a fault that roots -check found, or a stop that cut requests off;
2 a usage error or any other failure; 3 dns, 4 refused, 5 timeout and 6
certificate, for the commands that ask the network.
*/
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"devops-go/internal/diagnose"
	"devops-go/internal/flags"
	"devops-go/internal/jsonenc"
	"devops-go/internal/roots"
	"devops-go/internal/service"
)

// Set by the linker, see scripts/build.sh.
var (
	version  = "devel"
	revision = "unknown"
)

const usage = `usage: app [serve] [flags]          serve until SIGTERM or SIGINT
       app healthcheck [flags]      ask the server of the same configuration; exit 0 or 1
       app info                     what GET / says, without a server
       app version                  version, revision, Go, size, roots
       app get [flags] URL          fetch a URL; the body goes to standard output
       app dns [flags] NAME         look a name or an address up
       app tcp [flags] HOST:PORT    try a connection
       app tls [flags] HOST[:PORT]  show the chain of certificates as verified
       app roots [flags]            who is trusted, and why
       app help [COMMAND]           this, or a command's flags

exit status: 0 success, 1 unhealthy or bad status, 2 usage error or failure,
             3 dns, 4 refused, 5 timeout, 6 certificate

example: docker exec NAME /app get -v https://example.org/
`

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// A command is what follows app on the command line.
type command struct {
	name  string
	arg   string   // what it takes besides flags, "" for nothing
	flags settings // which of the configuration's flags it has
	run   func(c *call) error
}

type settings int

const (
	none settings = iota
	trust
	all
)

func commands() []command {
	return []command{
		{"serve", "", all, serve},
		{"healthcheck", "", all, healthcheck},
		{"info", "", none, info},
		{"version", "", none, printVersion},
		{"get", "URL", trust, get},
		{"dns", "NAME", none, lookup},
		{"tcp", "HOST:PORT", none, connect},
		{"tls", "HOST[:PORT]", trust, certificates},
		{"roots", "", trust, listRoots},
	}
}

// A call is a command with its parsed flags and argument.
type call struct {
	config         *service.Config
	arg            string
	stdout, stderr io.Writer

	timeout          time.Duration // of the commands that ask the network
	headers, verbose bool          // get
	maxRedirects     int           // get
	list, check      bool          // roots
}

// A usageError is a command line that can't be run.
type usageError struct{ error }

func run(args []string, stdout, stderr io.Writer) int {
	name := "serve"
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		name, args = args[0], args[1:]
	} else if len(args) > 0 && isHelp(args[0]) {
		name, args = "help", nil
	}
	if name == "help" {
		if len(args) == 0 {
			io.WriteString(stdout, usage)
			return 0
		}
		name, args = args[0], []string{"-help"}
	}
	for _, cmd := range commands() {
		if cmd.name == name {
			return exitStatus(cmd.call(args, stdout, stderr), name, stderr)
		}
	}
	return exitStatus(usageError{fmt.Errorf("%q: no such command", name)}, "", stderr)
}

func isHelp(arg string) bool { return arg == "-h" || arg == "-help" || arg == "--help" }

// exitStatus reports err, if any, and returns what the process exits with.
func exitStatus(err error, name string, stderr io.Writer) int {
	if err == nil {
		return 0
	}
	if name != "" && name != "serve" {
		name += ": "
	} else {
		name = ""
	}
	fmt.Fprintf(stderr, "app: %s%v\n", name, err)
	if _, ok := err.(usageError); ok {
		io.WriteString(stderr, "hint: app help\n")
		return 2
	}
	if name == "healthcheck: " || errors.Is(err, service.ErrCut) || errors.Is(err, errRoots) {
		return 1
	}
	if failure, ok := err.(*diagnose.Error); ok {
		return int(failure.Class)
	}
	return 2
}

// call parses the flags and runs the command.
func (cmd command) call(args []string, stdout, stderr io.Writer) error {
	c := &call{stdout: stdout, stderr: stderr, timeout: 10 * time.Second, maxRedirects: 10}
	declared, err := cmd.declare(c)
	if err != nil {
		return err
	}
	rest, err := flags.Parse(declared, args)
	if errors.Is(err, flags.ErrHelp) {
		fmt.Fprintf(stdout, "usage: app %s [flags] %s\n", cmd.name, cmd.arg)
		flags.PrintUsage(stdout, declared)
		return nil
	}
	if err != nil {
		return usageError{err}
	}
	switch {
	case cmd.arg == "" && len(rest) > 0:
		return usageError{fmt.Errorf("%q: takes no argument", rest[0])}
	case cmd.arg != "" && len(rest) != 1:
		return usageError{fmt.Errorf("want one %s, after the flags", cmd.arg)}
	case cmd.arg != "":
		c.arg = rest[0]
	}
	return cmd.run(c)
}

// declare returns the command's flags, which write to c.
func (cmd command) declare(c *call) (declared []flags.Flag, err error) {
	if cmd.flags != none {
		if c.config, declared, err = service.Flags(os.Getenv, cmd.flags == trust); err != nil {
			return nil, err
		}
	}
	toggle := func(name, usage string, on *bool) {
		declared = append(declared, flags.Flag{Name: name, Usage: usage, Set: func(v string) (err error) {
			*on, err = strconv.ParseBool(v)
			return err
		}})
	}
	switch cmd.name {
	case "get":
		toggle("i", "show the headers, too", &c.headers)
		toggle("v", "show addresses, timings and headers", &c.verbose)
		declared = append(declared, flags.Flag{Name: "max-redirects", Arg: "N", Usage: "follow at most N redirects (10)",
			Set: func(v string) (err error) {
				if c.maxRedirects, err = strconv.Atoi(v); err != nil || c.maxRedirects < 0 {
					return errors.New("want a number of redirects")
				}
				return nil
			}})
		fallthrough
	case "dns", "tcp", "tls":
		declared = append(declared, flags.Flag{Name: "timeout", Arg: "DURATION", Usage: "give up after DURATION (10s)",
			Set: func(v string) error { return service.SetDuration(&c.timeout, v) }})
	case "roots":
		toggle("list", "list every root", &c.list)
		toggle("check", "fail on an expired root, or embedded ones older than a year", &c.check)
	}
	return declared, nil
}

func (c *call) client() *diagnose.Client {
	client := &diagnose.Client{Timeout: c.timeout}
	if c.config != nil {
		client.Trust = c.config.Trust
	}
	return client
}

func build() service.Build {
	return service.Build{Version: version, Revision: revision, GoVersion: runtime.Version()}
}

func serve(c *call) error {
	if err := c.config.Check(); err != nil {
		return err
	}
	stop := make(chan os.Signal, 2)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	return service.New(c.config, build()).Run(stop, c.stdout)
}

// healthTimeout is below that of the images' HEALTHCHECK, so that it is this
// command that says what is wrong.
const healthTimeout = 2 * time.Second

func healthcheck(c *call) error {
	u := &url.URL{Scheme: "http", Host: net.JoinHostPort(c.config.LoopbackHost(), c.config.Port), Path: "/health"}
	if c.config.TLS() {
		u.Scheme = "https"
	}
	return diagnose.Healthcheck(context.Background(), u, healthTimeout)
}

func info(c *call) error {
	var b jsonenc.Buffer
	service.New(new(service.Config), build()).Info(&b)
	_, err := c.stdout.Write(b)
	return err
}

func printVersion(c *call) error {
	size := "unknown"
	if self, err := os.Executable(); err == nil {
		if stat, err := os.Stat(self); err == nil {
			size = strconv.FormatInt(stat.Size(), 10) + " bytes"
		}
	}
	_, err := fmt.Fprintf(c.stdout, "%s %s\nrevision  %s\ngo        %s %s/%s\nsize      %s\nroots     %d, of %s\n",
		service.Name, version, revision, runtime.Version(), runtime.GOOS, runtime.GOARCH, size, roots.Count, roots.Date)
	return err
}

func get(c *call) error {
	return c.client().Get(context.Background(), c.arg, diagnose.GetOptions{
		Headers: c.headers, Verbose: c.verbose, MaxRedirects: c.maxRedirects, UserAgent: service.Name + "/" + version,
	}, c.stdout, c.stderr)
}

func lookup(c *call) error { return c.client().Lookup(context.Background(), c.arg, c.stdout) }

func connect(c *call) error { return c.client().Connect(context.Background(), c.arg, c.stdout) }

func certificates(c *call) error {
	return c.client().Certificates(context.Background(), c.arg, c.stdout)
}

// errRoots is what roots -check found; the faults are listed before it.
var errRoots = errors.New("trust needs attention")

func listRoots(c *call) error {
	store, err := roots.Load(c.config.Trust)
	if err != nil {
		return err
	}
	now := time.Now()
	store.Report(c.stdout, now, c.list)
	if faults := store.Check(now); c.check && len(faults) > 0 {
		for _, fault := range faults {
			fmt.Fprintln(c.stdout, fault)
		}
		return fmt.Errorf("%w: faults found: %d", errRoots, len(faults))
	}
	return nil
}
