using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Server.Settlement;
using Gateway.Server.Storage;
using Gateway.Testing;
using Xunit;

namespace Gateway.Server.Tests.Storage;

public abstract class FlowMarksTests(StorageKind kind) : StorageTest(kind)
{
    private AccountBook _book = Given.Book();

    private FlowMarks Marks => new(Redis);

    [Fact]
    [Regression(20)]
    [Regression(23)]
    public async Task A_commit_leaves_its_marks_until_they_are_taken_over()
    {
        var first = Mark(0xb1, 100, 1, Urgency.Open, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        var second = Mark(0xb2, 0, 1, Urgency.StopLoss, trace: null);
        await CommitAsync(first, second);

        var marks = await Marks.ReadAsync(Cancellation);

        Assert.Equal([ToFlowMark(first), ToFlowMark(second)], marks.OrderBy(m => m.Flow.Payee));
        Assert.Equal(2, (await Marks.ReadAsync(Given.Account, Cancellation)).Count);
        Assert.True(await Marks.ClearAsync(first.Flow, 1, Cancellation));
        Assert.Equal([ToFlowMark(second)], await Marks.ReadAsync(Cancellation));
    }

    [Fact]
    [Regression(20)]
    public async Task A_newer_mark_replaces_an_older_one_and_is_not_cleared_for_it()
    {
        await CommitAsync(Mark(0xb1, 100, 1, Urgency.Open, trace: null));
        var newer = Mark(0xb1, 200, 12, Urgency.Raise, trace: null);
        await CommitAsync(newer);

        Assert.False(await Marks.ClearAsync(newer.Flow, 1, Cancellation));

        Assert.Equal([ToFlowMark(newer)], await Marks.ReadAsync(Cancellation));
        Assert.True(await Marks.ClearAsync(newer.Flow, 12, Cancellation));
        Assert.False(await Marks.ClearAsync(newer.Flow, 12, Cancellation));
    }

    private static Effect.MarkFlow Mark(int payee, long rate, ulong generation, Urgency urgency, string? trace) => new(
        new FlowKey(Given.Account.SuperToken, Given.Account.Payer, Given.Address(payee)), Given.Rate(rate), generation, urgency, trace);

    private static FlowMark ToFlowMark(Effect.MarkFlow mark) => new(mark.Flow, mark.Desired, mark.Generation, mark.Urgency, mark.TraceParent);

    private async Task CommitAsync(params Effect[] effects)
    {
        var result = await new AccountStore(Redis).CommitAsync(_book, _book, effects, NextLook.Never, Given.Now, Cancellation);
        _book = Assert.IsType<CommitResult.Committed>(result).Book;
    }
}
