/*
Bench measures the appliance against a bare net/http server.

	bench [-rounds N] [-seconds S] [-json] APP BARE

APP is the appliance's binary, BARE that of package bench/bare. With valgrind at
hand it prints, for each route, the instructions in user space that a request
takes. Then both servers take turns, each alone on one core while the load comes
from another: requests per second, CPU time, the time from start to the first
answer, and idle memory, as medians over the rounds. With -rounds 0 only
instructions are counted.
*/
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"time"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	rounds := flags.Int("rounds", 7, "how often each is measured")
	seconds := flags.Float64("seconds", 2, "how long a round's load takes")
	asJSON := flags.Bool("json", false, "print JSON")
	if err := flags.Parse(args); err != nil || flags.NArg() != 2 {
		fmt.Fprintln(stderr, "usage: bench [-rounds N] [-seconds S] [-json] APP BARE")
		return 2
	}
	report := new(Report)
	_, err := exec.LookPath("valgrind")
	if err == nil {
		err = count(flags.Arg(0), flags.Arg(1), report)
	} else {
		fmt.Fprintln(stderr, "bench: no valgrind: instructions are not counted")
		err = nil
	}
	if err == nil && *rounds > 0 {
		err = measure(flags.Arg(0), flags.Arg(1), *rounds, time.Duration(*seconds*float64(time.Second)), report)
	}
	if err == nil {
		err = report.print(stdout, *asJSON)
	}
	if err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return 2
	}
	return 0
}

// A Report compares the appliance with the bare server; what was not measured is
// zero. Ratios above one favour the appliance for requests per second, and the
// bare server for all else.
type Report struct {
	HealthInstructions Pair `json:"healthInstructions"` // for a request of /health
	IndexInstructions  Pair `json:"indexInstructions"`  // for a request of /

	Health Pair `json:"health"` // requests per second
	Index  Pair `json:"index"`  // requests per second
	CPU    Pair `json:"cpu"`    // microseconds of CPU time for a request of /health
	Start  Pair `json:"start"`  // milliseconds from start to the first 200
	Memory Pair `json:"memory"` // kB of VmRSS, idle
}

// A Pair is the medians of the two servers and of the ratios of their rounds.
type Pair struct {
	App   float64 `json:"app"`
	Bare  float64 `json:"bare"`
	Ratio float64 `json:"ratio"` // app ÷ bare
}

func (r *Report) print(w io.Writer, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(r)
	}
	fmt.Fprintf(w, "%-34s %12s %12s %8s\n", "", "app", "bare", "ratio")
	for _, line := range []struct {
		name string
		pair Pair
	}{
		{"/health, instructions a request", r.HealthInstructions},
		{"/, instructions a request", r.IndexInstructions},
		{"/health, requests/s", r.Health},
		{"/, requests/s", r.Index},
		{"/health, µs of CPU a request", r.CPU},
		{"start to first 200, ms", r.Start},
		{"idle memory (VmRSS), kB", r.Memory},
	} {
		if line.pair.Ratio == 0 {
			continue
		}
		if _, err := fmt.Fprintf(w, "%-34s %12.1f %12.1f %8.3f\n", line.name, line.pair.App, line.pair.Bare, line.pair.Ratio); err != nil {
			return err
		}
	}
	return nil
}

// pair reduces the rounds of both servers.
func pair(app, bare []float64) Pair {
	ratios := make([]float64, len(app))
	for i := range app {
		ratios[i] = app[i] / bare[i]
	}
	return Pair{median(app), median(bare), median(ratios)}
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
