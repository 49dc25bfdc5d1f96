using Gateway.Benchmarks.Running;
using Gateway.Testing;

namespace Gateway.Benchmarks.Latency;

/// <summary>Where the time went, by the gateway's own spans: those that hang in one request's trace.</summary>
internal static class SpanBreakdown
{
    private static readonly string[] Requests = ["lease open", "lease update", "lease close"];

    public static void Print(TextWriter output, IReadOnlyList<ReceivedSpan> spans)
    {
        var stages = new Dictionary<string, Samples>(StringComparer.Ordinal);
        foreach (var trace in spans.GroupBy(s => s.TraceId, StringComparer.Ordinal))
        {
            var request = trace.FirstOrDefault(s => Requests.Contains(s.Name, StringComparer.Ordinal));
            var plan = trace.FirstOrDefault(s => s.Name == "settlement plan");
            var attempt = trace.FirstOrDefault(s => s.Name == "settlement attempt");
            if (request is null || plan is null || attempt is null)
                continue;
            Add("the request itself", request.End - request.Start);
            Add("answered → planning begins", plan.Start - request.End);
            Add("planning: read accounts, simulate, estimate, reserve", attempt.Start - plan.Start);
            Add("attempt: sign, write ahead, send", attempt.End - attempt.Start);
        }

        var table = new MarkdownTable("by its own spans, ms", "samples", "p50", "p90", "p99", "most");
        foreach (var (stage, samples) in stages)
            table.Add([stage, .. samples.Cells()]);
        table.Print(output);

        void Add(string stage, TimeSpan time)
        {
            if (!stages.TryGetValue(stage, out var samples))
                stages[stage] = samples = new Samples();
            samples.Add(time);
        }
    }
}
