using System.Security.Cryptography;
using QuickReduce.Rendezvous;
using Xunit;

namespace QuickReduce.Processes.Tests.Rendezvous;

public sealed class KeyTextTests
{
    [Fact]
    public void Keys_are_hexadecimal_digits_and_come_back()
    {
        var key = RandomNumberGenerator.GetBytes(32);
        Assert.Equal(Convert.ToHexStringLower(key), KeyText.Write(key));
        Assert.Equal(key, KeyText.Read(KeyText.Write(key)));
        Assert.Equal(key, KeyText.Read(Convert.ToHexString(key)));
        Assert.Empty(KeyText.Read(string.Empty)!);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("00112233445566")]
    [InlineData("0011223344556677889")]
    [InlineData("001122334455667x")]
    [InlineData("-011223344556677")]
    [InlineData(" 011223344556677")]
    public void What_is_no_key_is_refused(string text) => Assert.Null(KeyText.Read(text));
}
