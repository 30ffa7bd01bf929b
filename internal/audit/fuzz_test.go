package audit

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"devops-go/internal/image"
)

// Settings that are taken are taken again when they are written down, and mean
// the same.
func FuzzSettings(f *testing.F) {
	f.Add([]byte(Example))
	f.Add([]byte(`{"budgets":{"maxSize":"2.3MB","minEfficiency":0.5},"ignore":[{"rule":"TARE-F001","reason":"x","until":"2027-01-31"}]}`))
	f.Add([]byte(`{"//":"x","severities":{"TARE-C001":"off"},"failOn":"off"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := ReadSettings(bytes.NewReader(b))
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("the error has more than a line: %q", err)
			}
			return
		}
		written, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ReadSettings(bytes.NewReader(written))
		if err != nil {
			t.Fatalf("%s: %v", written, err)
		}
		if rewritten, _ := json.Marshal(again); !bytes.Equal(written, rewritten) {
			t.Errorf("%s became %s", written, rewritten)
		}
	})
}

// Limits of .dive-ci are within what they may be.
func FuzzDive(f *testing.F) {
	f.Add([]byte("rules:\n  lowestEfficiency: 0.95\n  highest-wasted-bytes: 20MB # x\n  highestUserWastedPercent: '0.2'\n"))
	f.Add([]byte("---\nrules:\n\tlowest-efficiency: disabled\nother:\n  a: b\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := ReadDive(bytes.NewReader(b))
		if err == nil && s.check() != nil {
			t.Errorf("%q: %v", b, s.check())
		}
	})
}

func historySeeds(f *testing.F) []string {
	b, err := os.ReadFile("testdata/histories.txt")
	if err != nil {
		f.Fatal(err)
	}
	return strings.Split(string(b), "\n")
}

// What is taken out of an instruction was in it, and its parts can be put
// together again.
func FuzzInstruction(f *testing.F) {
	for _, seed := range historySeeds(f) {
		f.Add(seed)
	}
	f.Add("RUN |2 A=1 2 B=x /bin/sh -c true")
	f.Add(`ADD --chown=1:1 ["a b", "c"]`)
	f.Fuzz(func(t *testing.T, createdBy string) {
		h := image.History{CreatedBy: createdBy}
		for _, argument := range h.Arguments() {
			if !strings.Contains(createdBy, argument) {
				t.Errorf("argument %q isn't in %q", argument, createdBy)
			}
		}
		instruction := h.Instruction()
		keyword, rest, _ := strings.Cut(instruction, " ")
		for _, p := range splitPairs(rest) {
			if !strings.Contains(rest, p.value) || !strings.Contains(rest, p.name) {
				t.Errorf("pair %q isn't in %q", p, rest)
			}
		}
		addSources(step{keyword: keyword, rest: rest})
		pipesToShell(rest)
		hasCommand(rest, "apt-get update")
	})
}
