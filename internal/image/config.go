package image

import (
	"encoding/json"
	"time"

	"devops-go/internal/digest"
	"devops-go/internal/oci"
)

// A Config is the image's configuration (image-spec, config.md), with what
// Docker adds to it.
type Config struct {
	Created       *time.Time `json:"created,omitempty"`
	Author        string     `json:"author,omitempty"`
	DockerVersion string     `json:"docker_version,omitempty"`
	oci.Platform
	Config  RunConfig `json:"config"`
	RootFS  RootFS    `json:"rootfs"`
	History []History `json:"history,omitempty"`
}

// A RunConfig is how a container of the image starts by default.
type RunConfig struct {
	User         string              `json:"User,omitempty"`
	ExposedPorts map[string]struct{} `json:"ExposedPorts,omitempty"`
	Env          []string            `json:"Env,omitempty"`
	Entrypoint   Words               `json:"Entrypoint,omitempty"`
	Cmd          Words               `json:"Cmd,omitempty"`
	ArgsEscaped  bool                `json:"ArgsEscaped,omitempty"`
	Healthcheck  *Healthcheck        `json:"Healthcheck,omitempty"`
	Volumes      map[string]struct{} `json:"Volumes,omitempty"`
	WorkingDir   string              `json:"WorkingDir,omitempty"`
	Labels       map[string]string   `json:"Labels,omitempty"`
	OnBuild      []string            `json:"OnBuild,omitempty"`
	Shell        Words               `json:"Shell,omitempty"`
	StopSignal   string              `json:"StopSignal,omitempty"`
	StopTimeout  *int                `json:"StopTimeout,omitempty"`
}

// Words are a command line. In JSON they may be a single string, as Docker once
// wrote them and still reads them.
type Words []string

// UnmarshalJSON reads a list or a string.
func (w *Words) UnmarshalJSON(b []byte) error {
	if len(b) == 0 || b[0] != '"' {
		return json.Unmarshal(b, (*[]string)(w))
	}
	var word string
	err := json.Unmarshal(b, &word)
	*w = Words{word}
	return err
}

// A Healthcheck is Docker's extension of the configuration. Test is empty to
// inherit, {"NONE"}, {"CMD", args…} or {"CMD-SHELL", command}; durations are
// in nanoseconds.
type Healthcheck struct {
	Test          []string      `json:"Test,omitempty"`
	Interval      time.Duration `json:"Interval,omitempty"`
	Timeout       time.Duration `json:"Timeout,omitempty"`
	StartPeriod   time.Duration `json:"StartPeriod,omitempty"`
	StartInterval time.Duration `json:"StartInterval,omitempty"`
	Retries       int           `json:"Retries,omitempty"`
}

// A RootFS names the uncompressed layers, oldest first.
type RootFS struct {
	Type    string          `json:"type"`
	DiffIDs []digest.Digest `json:"diff_ids"`
}

// A History is one step of the image's making. A step without EmptyLayer made
// the next layer.
type History struct {
	Created    *time.Time `json:"created,omitempty"`
	CreatedBy  string     `json:"created_by,omitempty"`
	Author     string     `json:"author,omitempty"`
	Comment    string     `json:"comment,omitempty"`
	EmptyLayer bool       `json:"empty_layer,omitempty"`
}

// UnmarshalJSON takes an empty time for none, as some tools write it.
func (c *Config) UnmarshalJSON(b []byte) error {
	type plain Config
	said := struct {
		*plain
		Created moment `json:"created"`
	}{plain: (*plain)(c)}
	err := json.Unmarshal(b, &said)
	c.Created = said.Created.time
	return err
}

// UnmarshalJSON takes an empty time for none, as some tools write it.
func (h *History) UnmarshalJSON(b []byte) error {
	type plain History
	said := struct {
		*plain
		Created moment `json:"created"`
	}{plain: (*plain)(h)}
	err := json.Unmarshal(b, &said)
	h.Created = said.Created.time
	return err
}

// A moment is a time that may be missing or empty.
type moment struct{ time *time.Time }

func (m *moment) UnmarshalJSON(b []byte) error {
	if string(b) == `""` {
		return nil
	}
	return json.Unmarshal(b, &m.time)
}

// Command is what a container of the image starts: the entry point and the
// arguments after it.
func (c *Config) Command() []string {
	return append(append([]string{}, c.Config.Entrypoint...), c.Config.Cmd...)
}

// Environ returns the value of the variable key, or "".
func (c *Config) Environ(key string) string {
	for _, pair := range c.Config.Env {
		if len(pair) > len(key) && pair[len(key)] == '=' && pair[:len(key)] == key {
			return pair[len(key)+1:]
		}
	}
	return ""
}
