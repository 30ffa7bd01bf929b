package layers_test

import (
	"bytes"
	"context"
	"testing"

	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
	"devops-go/internal/layers"
	"devops-go/internal/oci"
)

// TestLookWindowsPath: programs of Windows images as Windows finds them.
func TestLookWindowsPath(t *testing.T) {
	img := it.Image{Layers: []it.Layer{it.Plain(
		it.Sized("Files/Windows/System32/cmd.exe", 1), it.Sized("Files/app/Server.exe", 2), it.Sized("Files/tools/run.CMD", 3), it.Sized("Files/app/bin/x.exe", 4), it.Sized("app/server.exe", 5),
	)}}
	img.Config.Platform = oci.Platform{OS: "windows", Architecture: "amd64"}
	img.Config.Config = image.RunConfig{WorkingDir: `C:\app`, Env: []string{`Path=C:\none;C:\Tools`}}
	archive := it.Saved(img).Archive()
	opened, err := image.OpenArchive(context.Background(), bytes.NewReader(archive), int64(len(archive)), "", image.Options{})
	if err != nil {
		t.Fatal(err)
	}
	stack, err := layers.Read(context.Background(), opened, layers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"cmd":                 "Files/Windows/System32/cmd.exe",
		"CMD.EXE":             "Files/Windows/System32/cmd.exe",
		"server":              "Files/app/Server.exe", // in the working directory
		`c:\APP\server.exe`:   "Files/app/Server.exe",
		`\app\server`:         "Files/app/Server.exe",
		"/app/server":         "Files/app/Server.exe",
		`bin\x`:               "Files/app/bin/x.exe",
		"run":                 "Files/tools/run.CMD", // through PATH
		"none":                "",
		`C:\app`:              "",
		`C:\app\server.exe\x`: "",
	} {
		got := ""
		if n := stack.LookPath(name); n != nil {
			got = n.Path()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
