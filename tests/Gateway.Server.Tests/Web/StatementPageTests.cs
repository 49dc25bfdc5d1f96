using Gateway.Server.Web.Page;
using Google.Protobuf.WellKnownTypes;
using Xunit;
using Wire = Superfluid.Gateway.V1;

namespace Gateway.Server.Tests.Web;

public sealed class StatementPageTests
{
    [Fact]
    public void Every_number_is_on_the_page_and_names_are_text()
    {
        var statement = new Wire.Statement
        {
            Payer = "0xpayer",
            Token = "ALEPH",
            From = new Timestamp(),
            To = new Timestamp { Seconds = 86_400 },
            Used = "7000000000000000001",
            Streamed = "5",
            Carried = "-6999999999999999996",
            OpeningCarry = "11",
            ClosingCarry = "-6999999999999999985",
            Mismatch = "flow differs",
            Leases = { new Wire.LeaseUsage { LeaseId = "lease-1", VmId = "<script>alert(1)</script>", Used = "71", Correction = "-3", RunningTime = new Duration { Seconds = 9 } } },
            Flows = { new Wire.FlowPeriod { Payee = "0xnode", FlowRate = "13", Streamed = "17", From = new Timestamp(), To = new Timestamp(), OpenedBy = "0xabc", OpenedHand = Wire.FlowHand.Payer } },
            Buffers = { new Wire.BufferMove { Payee = "0xnode", At = new Timestamp(), Taken = "19", Returned = "0", Lost = "23", Hand = Wire.FlowHand.Liquidator, Transaction = "0xdef" } },
            Closed = new Wire.ClosedPeriod { Name = "1970-01", ClosedAt = new Timestamp(), Sha256 = "abcd" },
        };

        var html = StatementPage.Write(statement);

        string[] texts =
        [
            "7000000000000000001", ">7.000000000000000001<", ">-6.999999999999999985<", ">0.000000000000000005<", "-6999999999999999996", "-6999999999999999985", ">11<", ">71<", ">-3<", ">13<", ">17<", ">19<", ">23<", "0xabc (the payer)", "a liquidator", "1970-01", "abcd",
            "The chain contradicts it: flow differs", "lease-1", "9s",
        ];
        Assert.All(texts, t => Assert.Contains(t, html, StringComparison.Ordinal));
        Assert.DoesNotContain("<script", html, StringComparison.Ordinal);
    }
}
