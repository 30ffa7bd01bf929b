//go:build docker

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"devops-go/test"
)

// TestProvenanceBuilt: what BuildKit says of an image that it built, as the
// engine saves it; only the containerd store keeps it.
func TestProvenanceBuilt(t *testing.T) {
	if !test.Containerd(t) {
		t.Skip("overlay2 keeps no attestations")
	}
	const name = "tare-test-provenance:1"
	t.Cleanup(func() { exec.Command("docker", "rmi", "-f", name).Run() })
	dir := t.TempDir()
	dockerfile := "FROM alpine:3.20\nARG VERSION\nENV A=\"x y\"\nCOPY file \\\n  /file\nRUN --network=none echo made >/made\nHEALTHCHECK CMD test \"$A\" || exit 1\n"
	for name, content := range map[string]string{"Dockerfile": dockerfile, "file": "x"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	docker(t, "buildx", "build", "-q", "--provenance=mode=max", "--build-arg", "VERSION=1", "-t", name, dir)
	var h struct {
		History []struct {
			Instruction string
			Source      *struct {
				Line int
				Text string
				Base bool
			}
		}
		Provenance struct {
			Base struct {
				Name   string
				Layers int
			}
		}
	}
	decodeJSON(t, engineTare(t, "history", "--content", "--format", "json", "docker-daemon:"+name), &h)
	if base := h.Provenance.Base; !strings.HasPrefix(base.Name, "docker.io/library/alpine:3.20@sha256:") || base.Layers != 1 {
		t.Errorf("base %+v", base)
	}
	lines := map[int]string{}
	for _, row := range h.History {
		if row.Source != nil {
			lines[row.Source.Line] = row.Source.Text
		}
		if strings.HasPrefix(row.Instruction, "ENV") && row.Instruction != `ENV A="x y"` ||
			strings.HasPrefix(row.Instruction, "HEALTHCHECK") && row.Instruction != `HEALTHCHECK CMD test "$A" || exit 1` {
			t.Errorf("instruction %s", row.Instruction)
		}
	}
	if lines[1] != "FROM alpine:3.20" || lines[4] != "COPY file /file" || lines[6] != "RUN --network=none echo made >/made" || len(lines) != 3 {
		t.Errorf("lines %v", lines)
	}
	if out := engineTare(t, "verify", "docker-daemon:"+name); !strings.Contains(string(out), "attestation).") {
		t.Errorf("verify: %s", out)
	}
}
