package pack

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"devops-go/internal/bundle"
	"devops-go/internal/image"
)

// DefaultUser is nobody in particular, as distroless images have it.
const DefaultUser = "65532:65532"

// The labels that follow from what the go command left in the executable
// (image-spec, annotations.md).
const (
	labelCreated   = "org.opencontainers.image.created"
	labelRevision  = "org.opencontainers.image.revision"
	labelVersion   = "org.opencontainers.image.version"
	labelGoVersion = "dev.go.version"
)

// baseAnnotations say what a base is called where others find it, in a registry
// (image-spec, annotations.md).
func baseAnnotations(img *image.Image) map[string]string {
	from := bundle.Origin(img)
	if from.IsZero() {
		return nil
	}
	return map[string]string{
		"org.opencontainers.image.base.name":   from.String(),
		"org.opencontainers.image.base.digest": img.ManifestDigest.String(),
	}
}

// configure completes the configuration, which has the base's values.
func (b *builder) configure(config *image.Config, e *Executable) error {
	run := &config.Config
	run.User = cmp.Or(b.Run.User, DefaultUser)
	run.Entrypoint, run.Cmd, run.ArgsEscaped = []string{"/" + e.target()}, b.Run.Cmd, false
	if b.Run.Entrypoint != nil {
		run.Entrypoint = b.Run.Entrypoint
	}
	run.Env = mergeEnv(run.Env, b.Run.Env)
	run.WorkingDir = cmp.Or(b.Run.WorkingDir, run.WorkingDir)
	run.StopSignal = cmp.Or(b.Run.StopSignal, run.StopSignal)
	if b.Run.Healthcheck != nil {
		run.Healthcheck = b.Run.Healthcheck
	}
	if len(b.Run.ExposedPorts) > 0 {
		run.ExposedPorts = merge(run.ExposedPorts, b.Run.ExposedPorts)
	}
	run.Labels = merge(run.Labels, b.buildLabels(e), b.Run.Labels)
	if run.WorkingDir != "" && !strings.HasPrefix(run.WorkingDir, "/") {
		return fmt.Errorf("working directory %q: want an absolute path", run.WorkingDir)
	}
	return nil
}

// merge returns the union of maps, in which later ones win; nil for nothing.
func merge[M ~map[string]V, V any](list ...M) M {
	var all M
	for _, m := range list {
		if len(m) > 0 && all == nil {
			all = M{}
		}
		maps.Copy(all, m)
	}
	return all
}

// mergeEnv puts more over base, key by key.
func mergeEnv(base, more []string) []string {
	all := slices.Clone(base)
	for _, pair := range more {
		key, _, _ := strings.Cut(pair, "=")
		at := slices.IndexFunc(all, func(have string) bool { return strings.HasPrefix(have, key+"=") })
		if at >= 0 {
			all[at] = pair
		} else {
			all = append(all, pair)
		}
	}
	return all
}

// buildLabels are the labels that the executable's build information gives.
func (b *builder) buildLabels(e *Executable) map[string]string {
	all := map[string]string{}
	set := func(key, value string) {
		if value != "" {
			all[key] = value
		}
	}
	if b.Created != nil || e.Setting("vcs.time") != "" {
		set(labelCreated, b.created(e).Format(time.RFC3339))
	}
	if e.Build == nil {
		return all
	}
	revision := e.Setting("vcs.revision")
	if revision != "" && e.Setting("vcs.modified") == "true" {
		revision += "-dirty"
	}
	set(labelRevision, revision)
	if v := e.Build.Main.Version; v != "(devel)" {
		set(labelVersion, v)
	}
	set(labelGoVersion, e.Build.GoVersion)
	return all
}
