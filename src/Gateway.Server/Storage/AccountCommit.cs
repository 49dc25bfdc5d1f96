using System.Diagnostics;
using System.Globalization;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Server.Storage.Documents;
using Gateway.Server.Webhooks;
using StackExchange.Redis;

namespace Gateway.Server.Storage;

/// <summary>The keys and arguments of one run of commit.lua.</summary>
internal sealed class AccountCommit
{
    /// <summary>Directives that a shard's log holds. What waits for a report is kept beyond that.</summary>
    public const int DirectivesKept = 10_000;

    /// <summary>Events that a shard keeps for a receiver that does not take them.</summary>
    public const int EventsKept = 10_000;

    /// <summary>Lines of history per lease.</summary>
    public const int NotesKept = 200;

    private readonly AccountKeys _keys;
    private readonly DateTimeOffset _now;
    private readonly List<RedisKey> _redisKeys;
    private readonly List<RedisValue> _arguments;
    private readonly Dictionary<LeaseId, int> _histories = [];

    private AccountCommit(AccountBook before, AccountBook after, NextLook next, DateTimeOffset now, bool onlyAfterJournal)
    {
        var key = before.Account.Key;
        _keys = RedisKeys.Of(key);
        _now = now;
        var shard = _keys.InShard;
        _redisKeys =
        [
            _keys.Account, shard.Open, shard.Ended, _keys.Ended, shard.Deadlines, shard.Dirty, shard.Log, shard.Seq, shard.Directives, shard.Deliveries, shard.Pending,
            shard.Glances,
            shard.Outbox, shard.Events,
        ];
        var version = Math.Max(before.Account.Version, after.Account.Version) + 1;
        Book = after with { Account = after.Account with { Version = version } };
        _arguments =
        [
            key.ToString(),
            Stored.Number(before.Account.Version),
            AccountDocument.Write(after.Account),
            next.At is { } at ? Stored.Milliseconds(at) : "",
            DirectivesKept,
            NotesKept,
        ];
        _arguments.Add(onlyAfterJournal ? IndexOf(shard.Journal) : 0);
        _arguments.Add(Stored.Number(version));
        _arguments.Add(next.Quiet is { } quiet ? GlanceDocument.Write(quiet) : "");
        _arguments.Add(EventsKept);
        _arguments.Add(Stored.Milliseconds(now));
    }

    /// <summary>The book with the versions that it has once it is stored.</summary>
    public AccountBook Book { get; private set; }

    public RedisKey[] Keys => [.. _redisKeys];

    public RedisValue[] Arguments => [.. _arguments];

    /// <summary>Texts of the directives, in the order of their effects.</summary>
    public List<(LeaseId Lease, string Json)> Directives { get; } = [];

    /// <exception cref="ArgumentException">The two books are not of one account, or a lease is missing afterwards: leases end, they do not vanish.</exception>
    public static AccountCommit Of(
        AccountBook before,
        AccountBook after,
        IReadOnlyList<Effect> effects,
        NextLook next,
        DateTimeOffset now,
        bool onlyAfterJournal = false,
        WebhookEvents? webhooks = null)
    {
        if (before.Account.Key != after.Account.Key)
            throw new ArgumentException($"A commit of {before.Account.Key} cannot store {after.Account.Key}.", nameof(after));
        if (before.Leases.Keys.FirstOrDefault(id => !after.Leases.ContainsKey(id)) is { } lost)
            throw new ArgumentException($"Lease {lost} is missing from the book to be stored.", nameof(after));

        var commit = new AccountCommit(before, after, next, now, onlyAfterJournal);
        commit.AddLeases(before, after);
        commit.AddMarks([.. effects.OfType<Effect.MarkFlow>()]);
        commit.AddDirectives(after, [.. effects.OfType<Effect.IssueDirective>()]);
        var trace = Activity.Current?.TraceId.ToString();
        commit.AddNotes(
        [
            .. effects.OfType<Effect.Note>().Select(note => (note, trace)),
            .. effects.OfType<Effect.IssueDirective>().Select(directive => (NoteOf(directive), TraceIdOf(directive) ?? trace)),
        ]);
        commit.AddUse([.. effects.OfType<Effect.RecordUse>()]);
        commit.AddEvents(webhooks?.Of(before.Account.Key, commit.Book.Account.Version, effects, now) ?? []);
        var isNew = after.Leases.Keys.Any(id => !before.Leases.ContainsKey(id));
        commit._arguments.Add(isNew ? commit.IndexOf(commit._keys.InShard.Ledgers) : 0);
        commit._arguments.Add(isNew ? commit.IndexOf(commit._keys.Ledger) : 0);
        return commit;
    }

    private void AddLeases(AccountBook before, AccountBook after)
    {
        var changed = after.Leases.Values.Where(l => !l.Equals(before.Leases.GetValueOrDefault(l.Id))).ToList();
        _arguments.Add(changed.Count);
        foreach (var lease in changed)
        {
            var former = before.Leases.GetValueOrDefault(lease.Id);
            var version = (former?.Version ?? 0) + 1;
            var wasEnded = former is { IsEnded: true };
            _arguments.AddRange(
            [
                lease.Id.Value,
                Stored.Number(former?.Version ?? 0),
                Stored.Number(version),
                LeaseDocument.Write(lease),
                wasEnded ? "1" : "0",
                lease.IsEnded ? "1" : "0",
                Stored.Milliseconds(lease.ClosedAt ?? _now),
                former is null || wasEnded || lease.IsEnded ? IndexOf(_keys.InShard.EndedLease(lease.Id)) : 0,
                former is null ? IndexOf(_keys.InShard.Void(lease.Id)) : 0,
            ]);
            Book = Book.With(lease with { Version = version });
        }
    }

    private void AddMarks(List<Effect.MarkFlow> marks)
    {
        _arguments.Add(marks.Count);
        foreach (var mark in marks)
        {
            _arguments.Add(mark.Flow.ToString());
            _arguments.Add($"{Stored.Number(mark.Generation)}|{MarkDocument.Write(mark)}");
        }
    }

    private void AddDirectives(AccountBook after, List<Effect.IssueDirective> directives)
    {
        _arguments.Add(directives.Count);
        foreach (var directive in directives)
        {
            // Its own span explains the directive best, then what is under way now, then the request behind the lease.
            var trace = directive.TraceParent ?? Activity.Current?.Id ?? after.Leases.GetValueOrDefault(directive.Lease)?.TraceParent;
            var json = DirectiveDocument.Write(directive, _now, trace);
            Directives.Add((directive.Lease, json));
            _arguments.Add(directive.Lease.Value);
            _arguments.Add(json);
        }
    }

    private void AddNotes(List<(Effect.Note Note, string? TraceId)> notes)
    {
        _arguments.Add(notes.Count);
        foreach (var (note, traceId) in notes)
        {
            if (!_histories.TryGetValue(note.Lease, out var index))
                _histories[note.Lease] = index = IndexOf(_keys.InShard.History(note.Lease));
            _arguments.Add(index.ToString(CultureInfo.InvariantCulture));
            _arguments.Add(NoteDocument.Write(note, _now, traceId));
        }
    }

    private void AddUse(List<Effect.RecordUse> records)
    {
        _arguments.Add(records.Count);
        foreach (var record in records)
        {
            _arguments.Add(IndexOf(_keys.InShard.Usage(record.Lease)).ToString(CultureInfo.InvariantCulture));
            _arguments.Add(UsageDocument.Write(record.Record));
        }
    }

    private void AddEvents(IReadOnlyList<WebhookEvent> events)
    {
        _arguments.Add(events.Count);
        foreach (var told in events)
        {
            _arguments.Add(told.Id);
            _arguments.Add(EventDocument.Write(told));
        }
    }

    /// <summary>What the scheduler was told belongs to the history as much as why.</summary>
    private static Effect.Note NoteOf(Effect.IssueDirective directive)
    {
        var deadline = directive.UnpaidFrom is { } at ? $", before {at:O}" : "";
        return new Effect.Note(directive.Lease, NoteKind.Directive, $"{directive.Execution}: {directive.Reason}{deadline}", directive.Evidence);
    }

    private static string? TraceIdOf(Effect.IssueDirective directive) =>
        ActivityContext.TryParse(directive.TraceParent, traceState: null, out var context) ? context.TraceId.ToString() : null;

    /// <summary>Adds a key and says where it stands, counted from 1 as Lua does.</summary>
    private int IndexOf(RedisKey key)
    {
        _redisKeys.Add(key);
        return _redisKeys.Count;
    }
}
