package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"

	"devops-go/internal/report"
)

// version and revision are set by the linker.
var version, revision string

// gcPercent trades time for memory where an image has many files. The ballast,
// which is never touched and so takes no memory, keeps the collector from running
// for every megabyte of an image that is small. See docs/tare.md.
const (
	gcPercent = 40
	ballast   = 16 << 20
)

// grace is how long an interrupt waits for what was begun to be taken away. After
// that tare ends whatever it waits for: a terminal that takes nothing more, a
// file system that doesn't answer.
const grace = 5 * time.Second

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
		defer runtime.KeepAlive(make([]byte, ballast))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, func() {
		time.AfterFunc(grace, func() { os.Exit(exitFailure) })
	})
	os.Exit(run(ctx, os.Args, stdio{in: os.Stdin, out: os.Stdout, err: os.Stderr}))
}

// stdio is what a command reads and writes.
type stdio struct {
	in       io.Reader
	out, err io.Writer
	progress *progress
	// saving is held while a file is written, so that an interrupt waits until
	// what was begun is taken away.
	saving *sync.Mutex
}

// The exit codes.
const (
	exitClean   = 0
	exitFinding = 1
	exitFailure = 2
)

// errFinding ends a command whose report holds a difference or a fault. The
// report has said it all.
var errFinding = errors.New("finding")

// A command is one of tare's.
type command struct {
	name  string
	usage string // the arguments
	short string // one line
	long  string // what help adds, with an example
	// define adds the command's flags to fs and returns what runs it once they
	// are parsed.
	define func(fs *flag.FlagSet) runner
}

// A runner runs a command with the arguments that aren't flags.
type runner func(ctx context.Context, args []string, std stdio) error

func commands() []*command {
	return []*command{
		weighCommand(),
		historyCommand(),
		treeCommand(),
		compareCommand(),
		diffCommand(),
		verifyCommand(),
		auditCommand(),
		packCommand(),
		pushCommand(),
		pullCommand(),
		copyCommand(),
		sbomCommand(),
		completionCommand(),
		versionCommand(),
	}
}

// run runs tare with the arguments args and returns its exit code. An
// interrupt ends it at once: reports appear under their name only when they
// are whole, and temporary files have none.
func run(ctx context.Context, args []string, std stdio) int {
	std.progress, std.saving = startProgress(std.err), new(sync.Mutex)
	done := make(chan error, 1)
	go func() { done <- dispatch(ctx, args, std) }()
	select {
	case err := <-done:
		std.progress.stop()
		return finish(err, std.err)
	case <-ctx.Done():
		std.progress.stop()
		std.saving.Lock()
		return finish(errors.New("interrupted"), std.err)
	}
}

func dispatch(ctx context.Context, args []string, std stdio) error {
	plugin := isPlugin(args[0])
	args = args[1:]
	if plugin && len(args) == 1 && args[0] == "docker-cli-plugin-metadata" {
		return metadata(std.out)
	}
	if plugin {
		args = pluginArgs(args)
	}
	if len(args) == 0 {
		return &usageError{errors.New("no command given")}
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		return help(args[1:], std.out)
	}
	cmd, err := findCommand(args[0])
	if err != nil {
		return err
	}
	fs, run := cmd.flags()
	rest, err := parse(fs, args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return help([]string{cmd.name}, std.out)
	}
	if err != nil {
		return &usageError{fmt.Errorf("%s: %w", cmd.name, err)}
	}
	return run(ctx, rest, std)
}

func findCommand(name string) (*command, error) {
	for _, cmd := range commands() {
		if cmd.name == name {
			return cmd, nil
		}
	}
	return nil, &usageError{fmt.Errorf("unknown command %q", name)}
}

// A usageError is a command line that makes no sense.
type usageError struct{ error }

// finish reports err and returns the exit code that it stands for.
func finish(err error, stderr io.Writer) int {
	switch {
	case err == nil:
		return exitClean
	case errors.Is(err, errFinding):
		return exitFinding
	}
	fmt.Fprintf(stderr, "tare: %s\n", report.Escape(strings.ReplaceAll(err.Error(), "\n", " ")))
	if text := hint(err); text != "" {
		fmt.Fprintf(stderr, "hint: %s\n", report.Escape(text))
	}
	return exitFailure
}
