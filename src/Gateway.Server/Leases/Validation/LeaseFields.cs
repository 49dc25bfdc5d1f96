using System.Collections.Immutable;
using Gateway.Chain.Chains;
using Gateway.Domain.Identity;
using Gateway.Domain.Leases;
using Gateway.Domain.Money;
using Google.Protobuf.WellKnownTypes;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Leases.Validation;

/// <summary>Fields that several requests about leases have in common.</summary>
internal static class LeaseFields
{
    public const string PausedFlowRate = "paused_flow_rate";

    /// <summary>Where a lease's id is all that a request holds.</summary>
    /// <exception cref="Errors.InvalidRequestException">It is none.</exception>
    public static LeaseId IdOf(string text)
    {
        var fields = new RequestFields(DateTimeOffset.UnixEpoch); // It reads no instant.
        return fields.LeaseId("lease_id", text) ?? throw fields.ToException();
    }

    public static ListedToken? Token(this RequestFields fields, string text, TokenBook tokens)
    {
        if (text.Length == 0)
            fields.Add("token", "is required.");
        else if (tokens.Find(text) is { } token)
            return token;
        else
            fields.Add("token", $"is not a token of this gateway. It has {string.Join(", ", tokens.Symbols)}.");
        return null;
    }

    /// <summary>What a paused VM costs, where the request says so; empty is null without a problem.</summary>
    public static FlowRate? PausedRate(this RequestFields fields, string text) => text.Length == 0 ? null : fields.Rate(PausedFlowRate, text, mayBeZero: true);

    public static ImmutableSortedDictionary<string, string> Labels(this RequestFields fields, IReadOnlyDictionary<string, string> labels)
    {
        const string Field = "labels";
        if (labels.Count > RequestLimits.Labels)
            fields.Add(Field, $"has {labels.Count} labels, of at most {RequestLimits.Labels}.");
        foreach (var (key, value) in labels.Take(RequestLimits.Labels))
        {
            if (fields.Text(Field, key, RequestLimits.LabelKey, required: true) is { } name)
                fields.Text($"{Field}[{name}]", value, RequestLimits.LabelValue, required: false);
        }

        return labels.ToImmutableSortedDictionary(StringComparer.Ordinal);
    }

    /// <returns>Null: the call does not wait.</returns>
    public static LeaseWait? Wait(this RequestFields fields, Wire.LeaseState state, Duration? atMost)
    {
        var longest = WaitAtMost(fields, atMost);
        if (state == Wire.LeaseState.Unspecified || !fields.Enum("wait_for", state))
            return null;
        return new LeaseWait((LeaseState)(int)state, longest);
    }

    private static TimeSpan WaitAtMost(RequestFields fields, Duration? atMost)
    {
        const string Field = "wait_at_most";
        if (atMost is null)
            return RequestLimits.DefaultWait;
        // Of Duration.proto: nanos below a second, of the seconds' sign.
        if (atMost.Nanos is < -999_999_999 or > 999_999_999 || (long)Math.Sign(atMost.Seconds) * Math.Sign(atMost.Nanos) < 0)
            fields.Add(Field, "is not a valid Duration.");
        else if (atMost.Seconds < 0 || atMost.Nanos < 0)
            fields.Add(Field, "is negative.");
        else if (atMost.Seconds > RequestLimits.Wait.TotalSeconds || (atMost.Seconds == (long)RequestLimits.Wait.TotalSeconds && atMost.Nanos > 0))
            fields.Add(Field, $"is above {RequestLimits.Wait.TotalMinutes} minutes.");
        else
            return atMost.ToTimeSpan();
        return RequestLimits.DefaultWait;
    }
}

/// <summary>A state that a call waits for, and how long.</summary>
internal sealed record LeaseWait(LeaseState For, TimeSpan AtMost);
