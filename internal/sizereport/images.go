package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

var tags = []string{"scratch", "alpine", "single-stage"}

// An Image is what tare compare says of one; sizes are bytes.
type Image struct {
	Size     int64 `json:"size"`
	Transfer int64 `json:"transfer"`
	Layers   int   `json:"layers"`
	Files    int   `json:"files"`
	// Store is the engine's; containerd's has compressed the layers itself.
	Store string `json:"engineStore,omitempty"`
}

// tare runs dist/tare and returns what it prints.
func tare(args ...string) (string, error) {
	cmd := exec.Command("dist/tare", args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("tare %s: %w", strings.Join(args, " "), err)
	}
	return strings.TrimRight(string(out), "\n"), nil
}

func reference(tag string) string {
	name := os.Getenv("IMAGE")
	if name == "" {
		name = "devops-go"
	}
	return "docker-daemon:" + name + ":" + tag
}

func references() (refs []string) {
	for _, tag := range tags {
		refs = append(refs, reference(tag))
	}
	return refs
}

// weigh weighs the images, by tag; layers that the engine holds uncompressed are
// compressed for the transfer size.
func weigh() (map[string]*Image, error) {
	out, err := tare(append([]string{"compare", "--gzip", "--format", "json"}, references()...)...)
	if err != nil {
		return nil, err
	}
	var report struct{ Images []*Image }
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		return nil, fmt.Errorf("tare compare: %w", err)
	}
	images := map[string]*Image{}
	for i, image := range report.Images {
		if image.Size == 0 || image.Transfer == 0 {
			return nil, fmt.Errorf("tare compare does not weigh %s", tags[i])
		}
		images[tags[i]] = image
	}
	return images, nil
}
