/*
App is devops-info-service: a small HTTP service that describes the machine it
runs on, and the commands that replace a shell where the image has none.

	app [serve] [flags]          serve until SIGTERM or SIGINT
	app healthcheck [flags]      ask the server of the same configuration; exit 0 or 1
	app info                     print what GET / answers, without a server
	app version                  print version, revision, Go version, size and roots
	app get [flags] URL          fetch a URL; the body goes to standard output
	app dns [flags] NAME         look up a name or an address
	app tcp [flags] HOST:PORT    try a connection
	app tls [flags] HOST[:PORT]  show the certificate chain as it was verified
	app roots [flags]            show which roots are trusted, and why
	app help [COMMAND]           show this, or the flags of a command

Flags and environment variables of the same meaning configure all of them; the
flag wins. The exit status is 0 for success; 1 for an unhealthy answer, an HTTP
status of 400 and above, a fault found by roots -check, or a stop that cut
requests off; 2 for a usage error or any other failure; and, for the commands
that use the network, 3 for dns, 4 for refused, 5 for timeout and 6 for
certificate.
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

const usageEnd = `
exit status: 0 success, 1 unhealthy or bad status, 2 usage error or failure,
             3 dns, 4 refused, 5 timeout, 6 certificate

example: docker exec NAME /app get -v https://example.org/
`

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// A command is what follows app on the command line.
type command struct {
	name     string
	arg      string // what it takes besides flags, "" for nothing
	short    string // what it does, for the usage
	label    string // what its messages begin with
	failure  int    // its exit status for an error without a class of its own
	settings settings
	flags    func(c *call) []flags.Flag // its own, besides the settings
	run      func(c *call) error
}

// settings are the flags of the configuration that a command has.
type settings int

const (
	none settings = iota
	trust
	all
)

// defaultCommand runs when none is named.
const defaultCommand = "serve"

func commands() []command {
	return []command{
		{defaultCommand, "", "serve until SIGTERM or SIGINT", "", 2, all, nil, serve},
		{"healthcheck", "", "ask the server of the same configuration; exit 0 or 1", "healthcheck: ", 1, all, nil, healthcheck},
		{"info", "", "print what GET / answers, without a server", "info: ", 2, none, nil, info},
		{"version", "", "print version, revision, Go version, size and roots", "version: ", 2, none, nil, printVersion},
		{"get", "URL", "fetch a URL; the body goes to standard output", "get: ", 2, trust, getFlags, get},
		{"dns", "NAME", "look up a name or an address", "dns: ", 2, none, networkFlags, lookup},
		{"tcp", "HOST:PORT", "try a connection", "tcp: ", 2, none, networkFlags, connect},
		{"tls", "HOST[:PORT]", "show the certificate chain as it was verified", "tls: ", 2, trust, networkFlags, certificates},
		{"roots", "", "show which roots are trusted, and why", "roots: ", 2, trust, rootsFlags, listRoots},
	}
}

// A call is a command with its parsed flags and argument.
type call struct {
	config         *service.Config
	arg            string
	stdout, stderr io.Writer

	timeout          time.Duration // of the commands that use the network
	headers, verbose bool          // get
	maxRedirects     int           // get
	list, check      bool          // roots
}

// A usageError is a command line that can't be run.
type usageError struct{ error }

func run(args []string, stdout, stderr io.Writer) int {
	name := defaultCommand
	if len(args) > 0 {
		switch arg := args[0]; {
		case arg == "-h" || arg == "-help" || arg == "--help":
			name, args = "help", nil
		case arg == "-version" || arg == "--version":
			name, args = "version", args[1:]
		case !strings.HasPrefix(arg, "-"):
			name, args = arg, args[1:]
		}
	}
	if name == "help" {
		if len(args) == 0 {
			printUsage(stdout)
			return 0
		}
		name, args = args[0], []string{"-help"}
	}
	for _, cmd := range commands() {
		if cmd.name == name {
			return cmd.report(cmd.call(args, stdout, stderr), stderr)
		}
	}
	return command{}.report(usageError{fmt.Errorf("%q: no such command", name)}, stderr)
}

func printUsage(w io.Writer) {
	lead := "usage:"
	for _, cmd := range commands() {
		fmt.Fprintf(w, "%s app %-23s  %s\n", lead, cmd.synopsis(), cmd.short)
		lead = "      "
	}
	fmt.Fprintf(w, "%s app %-23s  %s\n", lead, "help [COMMAND]", "show this, or the flags of a command")
	io.WriteString(w, usageEnd)
}

// synopsis returns the command's line in the usage.
func (cmd command) synopsis() string {
	s := cmd.name
	if s == defaultCommand {
		s = "[" + s + "]"
	}
	if cmd.settings != none || cmd.flags != nil {
		s += " [flags]"
	}
	if cmd.arg != "" {
		s += " " + cmd.arg
	}
	return s
}

// report prints err, if any, and returns the exit status.
func (cmd command) report(err error, stderr io.Writer) int {
	if err == nil {
		return 0
	}
	fmt.Fprintf(stderr, "app: %s%v\n", cmd.label, err)
	if _, ok := err.(usageError); ok {
		io.WriteString(stderr, "hint: app help\n")
		return 2
	}
	if errors.Is(err, service.ErrCut) || errors.Is(err, errRoots) {
		return 1
	}
	if failure, ok := err.(*diagnose.Error); ok && cmd.failure != 1 {
		return int(failure.Class)
	}
	return cmd.failure
}

// call parses the flags and runs the command.
func (cmd command) call(args []string, stdout, stderr io.Writer) error {
	c := &call{stdout: stdout, stderr: stderr, timeout: 10 * time.Second, maxRedirects: 10}
	var declared []flags.Flag
	if cmd.settings != none {
		var err error
		if c.config, declared, err = service.Flags(os.Getenv, cmd.settings == trust); err != nil {
			return err
		}
	}
	if cmd.flags != nil {
		declared = append(declared, cmd.flags(c)...)
	}
	rest, err := flags.Parse(declared, args)
	if errors.Is(err, flags.ErrHelp) {
		fmt.Fprintf(stdout, "usage: app %s\n", cmd.synopsis())
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
		return usageError{fmt.Errorf("want one %s", cmd.arg)}
	case cmd.arg != "":
		c.arg = rest[0]
	}
	return cmd.run(c)
}

// toggle returns a flag that is true without a value.
func toggle(name, usage string, on *bool) flags.Flag {
	return flags.Flag{Name: name, Usage: usage, Set: func(v string) (err error) {
		*on, err = strconv.ParseBool(v)
		return err
	}}
}

// networkFlags are those of the commands that use the network.
func networkFlags(c *call) []flags.Flag {
	return []flags.Flag{{Name: "timeout", Arg: "DURATION", Usage: "give up after DURATION (10s)",
		Set: func(v string) error { return service.SetDuration(&c.timeout, v) }}}
}

func getFlags(c *call) []flags.Flag {
	return append(networkFlags(c),
		toggle("i", "show the headers, too", &c.headers),
		toggle("v", "show addresses, timings and headers", &c.verbose),
		flags.Flag{Name: "max-redirects", Arg: "N", Usage: "follow at most N redirects (10)",
			Set: func(v string) (err error) {
				if c.maxRedirects, err = strconv.Atoi(v); err != nil || c.maxRedirects < 0 {
					return errors.New("want a number of redirects")
				}
				return nil
			}})
}

func rootsFlags(c *call) []flags.Flag {
	return []flags.Flag{
		toggle("list", "list every root", &c.list),
		toggle("check", "fail on an expired root, or if the embedded roots are older than a year", &c.check),
	}
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
