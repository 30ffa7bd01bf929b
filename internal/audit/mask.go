package audit

import (
	"bytes"
	"context"
	"encoding/json"

	"devops-go/internal/image"
	"devops-go/internal/secret"
)

// Mask takes the secrets out of what img says of itself: every string of its
// configuration, history and labels. The raw documents stay as they are.
func Mask(ctx context.Context, img *image.Image) error {
	secrets, err := learnSecrets(ctx, img)
	if err != nil {
		return err
	}
	if img.Made != nil {
		img.Made.Redact(secrets.Redact)
	}
	return redactAll(secrets, &img.Config)
}

// MaskDescription does the same for what an engine says of an image.
func MaskDescription(ctx context.Context, d *image.Description) error {
	img := &image.Image{Config: image.Config{Config: d.Config}}
	for _, s := range d.Steps {
		img.Config.History = append(img.Config.History, image.History{CreatedBy: s.CreatedBy, Comment: s.Comment, EmptyLayer: true})
	}
	secrets, err := learnSecrets(ctx, img)
	if err != nil {
		return err
	}
	for i := range d.Steps {
		s := &d.Steps[i]
		s.CreatedBy, s.Comment = secrets.Redact(s.CreatedBy), secrets.Redact(s.Comment)
	}
	return redactAll(secrets, &d.Config)
}

// learnSecrets returns what masks the secrets of history and configuration.
func learnSecrets(ctx context.Context, img *image.Image) (*secret.Redactor, error) {
	a := newAuditor(img, Options{Depth: Shallow})
	if err := a.findLeaks(ctx); err != nil {
		return nil, err
	}
	a.secrets.Ready()
	return &a.secrets, nil
}

// redactAll masks every string in what value points at, names of variables and
// labels too.
func redactAll[T any](secrets *secret.Redactor, value *T) error {
	b, err := json.Marshal(value)
	if err != nil {
		return err
	}
	var document any
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(&document); err != nil {
		return err
	}
	if b, err = json.Marshal(redactValue(secrets, document)); err != nil {
		return err
	}
	masked := new(T)
	if err := json.Unmarshal(b, masked); err != nil {
		return err
	}
	*value = *masked
	return nil
}

func redactValue(secrets *secret.Redactor, value any) any {
	switch value := value.(type) {
	case string:
		return secrets.Redact(value)
	case []any:
		for i := range value {
			value[i] = redactValue(secrets, value[i])
		}
	case map[string]any:
		masked := make(map[string]any, len(value))
		for key, v := range value {
			masked[secrets.Redact(key)] = redactValue(secrets, v)
		}
		return masked
	}
	return value
}
