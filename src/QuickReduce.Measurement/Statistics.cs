namespace QuickReduce.Measurement;

/// <summary>Median and spread of measured times, in microseconds.</summary>
internal sealed record Statistics(double Median, double P10, double P90)
{
    /// <summary>Of at least one sample.</summary>
    public static Statistics Of(double[] samples)
    {
        Array.Sort(samples);
        return new Statistics(At(0.5), At(0.1), At(0.9));

        double At(double quantile) => samples[(int)Math.Round(quantile * (samples.Length - 1))];
    }
}
