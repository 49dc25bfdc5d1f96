using Gateway.Devnet.Accounts;
using Gateway.Domain.Identity;

namespace Gateway.EndToEnd.Tests.Contracts.Differential;

/// <summary>One transaction and what the model says of it.</summary>
/// <param name="What">For the story that a failure tells.</param>
/// <param name="Foretell">Changes the model, which has been brought to the block's time before; false where the chain must refuse.</param>
internal sealed record Step(string What, DevAccount From, Address To, byte[] Data, Func<ModelAccount, bool> Foretell);
