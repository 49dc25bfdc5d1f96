using Gateway.Domain.Identity;

namespace Gateway.EndToEnd.Tests.Contracts;

/// <summary>Contracts of a few instructions, for what the framework's package has no ready contract: written by hand, since nothing here compiles Solidity.</summary>
internal static class TinyContracts
{
    /// <summary>A super app: the Host's calls are answered with the context they carry, unchanged; anybody else's are passed on to the Host as its own.</summary>
    public static byte[] SuperApp(Address host) => Convert.FromHexString(string.Concat(
        "33", "73" + Hex(host), "14", "6042", "57", // from the Host? go to 0x42
        "36", "5f", "5f", "37", "5f", "5f", "36", "5f", "5f", "73" + Hex(host), "5a", "f1", // call the Host with the same calldata
        "6040", "57", "5f", "5f", "fd", // failed: revert
        "5b", "00", // 0x40: stop
        "5b", "6004", "36", "03", "80", "6004", "5f", "37", "5f", "f3")); // 0x42: return calldata without its selector

    /// <summary>Remembers the last 20 bytes of what it is called with, and tells them when it is called with nothing (ERC-2771).</summary>
    public static byte[] Recipient() => Convert.FromHexString(string.Concat(
        "36", "600c", "57", // anything? go to 0x0c
        "5f", "54", "5f", "52", "6020", "5f", "f3", // return slot 0
        "5b", "6014", "36", "03", "35", "6060", "1c", "5f", "55", "00")); // 0x0c: slot 0 = the last 20 bytes

    private static string Hex(Address address) => address.ToString()["0x".Length..];
}
