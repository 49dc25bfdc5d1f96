using CsCheck;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Domain.Settlement;
using Xunit;

namespace Gateway.Domain.Tests.Settlement;

public sealed class UserDataRecordTests
{
    [Fact]
    public void What_was_written_is_read_back_or_its_number_and_digest_where_it_was_too_long() =>
        Gen.Select(Any.SomeLeaseId, Any.Rate()).Select((id, rate) => new LeaseLeg(id, rate)).Array[0, 12].Sample(legs =>
        {
            var distinct = legs.DistinctBy(l => l.Lease).ToList();
            var bytes = UserDataRecord.Encode(distinct);

            Assert.True(bytes.Length <= UserDataRecord.MaxLength);
            Assert.True(UserDataRecord.TryDecode(bytes, out var journal));
            Assert.Equal((uint)distinct.Count, journal.Count);
            if (journal.Digest is null)
                Assert.Equal(distinct.OrderBy(l => l.Lease), journal.Legs.OrderBy(l => l.Lease));
        });

    [Fact]
    public void The_order_in_which_legs_come_does_not_matter() =>
        Gen.Select(Any.SomeLeaseId, Any.Rate()).Select((id, rate) => new LeaseLeg(id, rate)).Array[2, 6].Sample(legs =>
        {
            var distinct = legs.DistinctBy(l => l.Lease).ToList();
            Assert.Equal(UserDataRecord.Encode(distinct), UserDataRecord.Encode(Enumerable.Reverse(distinct)));
        });

    [Fact]
    public void Bytes_of_strangers_never_throw_and_what_decodes_encodes_to_the_same() => Gen.Byte.Array[0, 300].Sample(bytes =>
    {
        if (UserDataRecord.TryDecode(bytes, out var journal) && journal.Digest is null)
            Assert.Equal(bytes, UserDataRecord.Encode(journal.Legs, journal.Added));
    });

    [Fact]
    public void What_a_trim_adds_to_the_legs_is_told_beside_them_where_they_are_told() =>
        Gen.Select(Gen.Select(Any.SomeLeaseId, Any.Rate()).Select((id, rate) => new LeaseLeg(id, rate)).Array[0, 8], Any.PositiveRate()).Sample((legs, added) =>
        {
            var distinct = legs.DistinctBy(l => l.Lease).ToList();

            Assert.True(UserDataRecord.TryDecode(UserDataRecord.Encode(distinct, added), out var journal));

            Assert.Equal(UserDataRecord.Fits(distinct, added), journal.Digest is null);
            Assert.Equal(journal.Digest is null ? added : FlowRate.Zero, journal.Added);
            Assert.Equal((uint)distinct.Count, journal.Count);
        });

    [Fact]
    public void What_a_trim_adds_is_bytes_that_stay_readable() => Assert.Equal(
        "01540203e80101610207d0", Convert.ToHexStringLower(UserDataRecord.Encode([new LeaseLeg(LeaseId.Parse("a"), FlowRate.FromWeiPerSecond(2000))], FlowRate.FromWeiPerSecond(1000))));
}
