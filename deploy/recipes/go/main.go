// Keeps the latest revision of each article as a file of its own, in a group that shares the partitions.
//
//	go run . FOLDER
//
// BOOTSTRAP_SERVERS, TOPIC, GROUP: see below. UNTIL: end when exactly so many articles are there.
// The folder stands for your store: what it needs is an upsert that takes higher revisions only, and a delete. Since
// both may be done twice, the place in the topic is committed after them, and killing this at any time loses nothing.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

var (
	servers = cmp.Or(os.Getenv("BOOTSTRAP_SERVERS"), "localhost:9092")
	topic   = cmp.Or(os.Getenv("TOPIC"), "news.articles")
	group   = cmp.Or(os.Getenv("GROUP"), "articles-to-files")
	id      = regexp.MustCompile(`^[0-9a-f]{32}$`)
)

type article struct {
	Revision int `json:"revision"`
}

func take(folder string, record *kgo.Record) error {
	key := string(record.Key)
	if !id.MatchString(key) {
		return fmt.Errorf("%q is no article's id: is %s the topic of articles?", key, topic)
	}
	file := filepath.Join(folder, key+".json")
	if record.Value == nil { // a tombstone: the article is gone
		if err := os.Remove(file); !errors.Is(err, os.ErrNotExist) {
			return err
		}
		return nil
	}
	var kept, given article
	if err := json.Unmarshal(record.Value, &given); err != nil {
		return err
	}
	if text, err := os.ReadFile(file); err == nil && json.Unmarshal(text, &kept) == nil && given.Revision <= kept.Revision {
		return nil
	}
	if err := os.WriteFile(file+".new", record.Value, 0o644); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

func complete(folder string) bool {
	wanted, err := strconv.Atoi(os.Getenv("UNTIL"))
	files, _ := filepath.Glob(filepath.Join(folder, "*.json"))
	return err == nil && len(files) == wanted
}

// Whether the topic is there; a consumer would wait for it in silence.
func find(ctx context.Context, client *kgo.Client) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	request, asked := kmsg.NewPtrMetadataRequest(), kmsg.NewMetadataRequestTopic()
	asked.Topic = &topic
	request.Topics = append(request.Topics, asked)
	answer, err := request.RequestWith(ctx, client)
	if err != nil {
		return fmt.Errorf("no answer from Kafka at %s: %w", servers, err)
	}
	if errors.Is(kerr.ErrorForCode(answer.Topics[0].ErrorCode), kerr.UnknownTopicOrPartition) {
		return fmt.Errorf("%s is not there yet: copydesk topics --create, or start copydesk run first", topic)
	}
	return kerr.ErrorForCode(answer.Topics[0].ErrorCode)
}

func consume(ctx context.Context, client *kgo.Client, folder string) error {
	for !complete(folder) {
		fetches := client.PollFetches(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err := fetches.Err(); err != nil {
			return err
		}
		for _, record := range fetches.Records() {
			if err := take(folder, record); err != nil {
				return err
			}
		}
		if err := client.CommitUncommittedOffsets(ctx); err != nil {
			return err
		}
		client.AllowRebalance()
	}
	return nil
}

func fail(code int, err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(code)
	}
}

func main() {
	if len(os.Args) != 2 {
		fail(64, errors.New("usage: go run . FOLDER"))
	}
	folder := os.Args[1]
	fail(1, os.MkdirAll(folder, 0o755))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	client, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(servers, ",")...),
		kgo.ConsumerGroup(group),
		kgo.ConsumeTopics(topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), // the default reads what was never committed
		kgo.DisableAutoCommit(),
		kgo.BlockRebalanceOnPoll(), // no partition is taken away between a write and its commit
	)
	fail(1, err)
	fail(69, find(ctx, client))
	err = consume(ctx, client, folder)
	client.CloseAllowingRebalance()
	fail(1, err)
}
