package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// pluginName is what the docker command looks for among its plug-ins.
const pluginName = "docker-tare"

// isPlugin reports whether tare was started under the plug-in's name.
func isPlugin(program string) bool {
	return strings.TrimSuffix(filepath.Base(program), ".exe") == pluginName
}

// metadata answers the docker command's question what this plug-in is.
func metadata(w io.Writer) error {
	v, _ := stamps()
	b, err := json.Marshal(map[string]string{
		"SchemaVersion":    "0.1.0",
		"Vendor":           "devops-go",
		"Version":          v,
		"ShortDescription": "Weigh images, show their history, compare them",
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", b)
	return err
}

// pluginArgs takes off what the docker command puts before tare's own
// arguments: its global flags, of which those that say where the engine is
// become the environment variables that mean the same, and the word tare.
func pluginArgs(args []string) []string {
	variables := map[string]string{
		"-H": "DOCKER_HOST", "--host": "DOCKER_HOST", "-c": "DOCKER_CONTEXT", "--context": "DOCKER_CONTEXT", "--config": "DOCKER_CONFIG",
	}
	for i := 0; i < len(args); i++ {
		if args[i] == "tare" {
			return args[i+1:]
		}
		name, value, joined := strings.Cut(args[i], "=")
		variable := variables[name]
		if variable == "" {
			continue
		}
		if !joined && i+1 < len(args) {
			i++
			value = args[i]
		}
		os.Setenv(variable, value)
	}
	return args
}
