/*
Overlay writes the edited copies of the standard library that a binary is
compiled from, and overlay.json for the go command's -overlay flag.

	overlay -o DIR app|tare     with all the levers that the binary has
	overlay -o DIR NAME...      with these
	overlay -o DIR none         with none

It is run by scripts/build.sh.
*/
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"devops-go/internal/levers"
)

func main() { os.Exit(run(os.Args[1:], os.Stderr)) }

func run(args []string, stderr io.Writer) int {
	flags := flag.NewFlagSet("overlay", flag.ContinueOnError)
	flags.SetOutput(stderr)
	dir := flags.String("o", "", "`directory` to write to")
	if err := flags.Parse(args); err != nil || *dir == "" || flags.NArg() == 0 {
		fmt.Fprintln(stderr, "usage: overlay -o DIR app|tare|NAME...|none")
		return 2
	}
	if err := write(*dir, flags.Args()); err != nil {
		fmt.Fprintln(stderr, "overlay:", err)
		return 2
	}
	return 0
}

func write(dir string, names []string) error {
	if len(names) == 1 {
		switch names[0] {
		case "none":
			names = nil
		case "app", "tare":
			var err error
			if names, err = levers.Default(names[0]); err != nil {
				return err
			}
		}
	}
	chosen, err := levers.Find(names)
	if err != nil {
		return err
	}
	out, err := exec.Command("go", "env", "GOROOT", "GOVERSION").Output()
	if err != nil {
		return fmt.Errorf("go env: %w", err)
	}
	root, version, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	src := filepath.Join(root, "src")
	files, err := levers.Files(chosen, src, version)
	if err != nil {
		return err
	}
	return levers.Write(dir, src, files)
}
